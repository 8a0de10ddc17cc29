/** A code cell's editor in; all that Galactica adds to it out. */

import { Compartment, Extension } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';

import { foundation, highlighting } from './highlighting';
import type { Host } from './host';
import { checking } from './underlines';

/** Return the extension for one editor. */
export function galacticaEditor(host: Host): Extension {
  const language = new Compartment();
  const none: Extension = [];
  const chosen = () => (host.switches.highlighting ? highlighting : none);
  const follow = ViewPlugin.define((view: EditorView) => {
    const destroy = host.subscribe(() => {
      if (language.get(view.state) !== chosen()) {
        view.dispatch({ effects: language.reconfigure(chosen()) });
      }
    });
    return { destroy };
  });
  return [foundation, language.of(chosen()), follow, checking(host)];
}
