/**
 * The settings of the renderer, as they are now.
 */

import { Signal } from '@lumino/signaling';

import type { View } from './toolbar';

/** What all renderers follow. */
export class RendererSettings {
  readonly changed = new Signal<this, void>(this);
  enabled = true;
  defaultView: View = 'rendered';

  update(enabled: unknown, defaultView: unknown): void {
    this.enabled = enabled !== false;
    this.defaultView = defaultView === 'tokens' ? 'tokens' : 'rendered';
    this.changed.emit();
  }
}
