/**
 * An editor's element in; notes beside the ghost text in it, which are not inserted, out.
 *
 * JupyterLab shows of a suggestion its text alone. It names the provider on the ghost text's
 * element, so that it can be found and a note be put on it; suggestions.css shows the note.
 */

import type { Suggestion } from './answers';

/** The name under which JupyterLab knows the suggestions. */
export const PROVIDER = 'galai-jupyter';

const GHOST = '.jp-GhostText:not([class*="Spacer"])';
const ACTIVE = 'jp-mod-inline-completer-active';

export class Notes {
  /**
   * @param host - The editor's element.
   * @param shownAs - Returns the suggestion that is shown as a text.
   */
  constructor(
    private readonly host: HTMLElement,
    private readonly shownAs: (text: string) => Suggestion | null
  ) {
    this._observer = new MutationObserver(() => this.refresh());
    this._observer.observe(host, {
      childList: true,
      characterData: true,
      subtree: true
    });
  }

  /** Put its note on each ghost text. */
  refresh(): void {
    const ghosts = [...this.host.querySelectorAll<HTMLElement>(GHOST)];
    for (const ghost of ghosts) {
      if (ghost.dataset.providedBy === PROVIDER) {
        const text = (ghost.textContent ?? '').replace(/\n+$/, '');
        const shown = this.shownAs(text);
        ghost.dataset.galaiNote = shown?.note ?? '';
        ghost.dataset.galaiLabel = shown?.label ?? '';
      }
    }
    if (ghosts.length === 0) {
      // JupyterLab leaves it when a suggestion was typed over, and Tab would do nothing.
      this.host.classList.remove(ACTIVE);
    }
  }

  dispose(): void {
    this._observer.disconnect();
  }

  private readonly _observer: MutationObserver;
}
