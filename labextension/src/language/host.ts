/** What an editor needs to know from outside; the seam between CodeMirror and JupyterLab. */

import type { EditorView } from '@codemirror/view';

import type { Vocabulary } from '../protocol';

import type { Say } from './words';

/** What a person switched on. */
export interface Switches {
  highlighting: boolean;
  checks: boolean;
  completion: boolean;
}

export interface Host {
  readonly switches: Switches;
  readonly say: Say;
  /** Return what the kernel of a Galactica cell knows; null as long as that is unknown. */
  words(view: EditorView): Vocabulary | null;
  /** Call `listener` whenever switches or words change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}
