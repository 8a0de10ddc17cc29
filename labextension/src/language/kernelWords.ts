/** A kernel in, the words that its galai_jupyter knows out; kernels without one are left in peace. */

import type { Kernel } from '@jupyterlab/services';

import { connect } from '../kernel';
import { endsRun, isEnd } from '../kernelStatus';
import type { Vocabulary } from '../protocol';

interface Known {
  /** Whether asking makes sense: not again before a cell has run. */
  worthAsking: boolean;
  /** The question that is not answered yet. */
  asked: Promise<Vocabulary | null> | null;
}

/** The words of all kernels. */
export class KernelWords {
  /** @param changed - Called when a kernel's words came or went, or may now be asked for. */
  constructor(private readonly changed: () => void) {}

  /** Return the words that are known already. */
  known(kernel: Kernel.IKernelConnection): Vocabulary | null {
    return this._words.get(kernel.id) ?? null;
  }

  /** Ask a kernel, unless it was asked since the last cell ran; null where it does not know. */
  ask(kernel: Kernel.IKernelConnection): Promise<Vocabulary | null> {
    const known = this._kernels.get(kernel) ?? this._watch(kernel);
    if (known.asked) {
      return known.asked;
    }
    const words = this.known(kernel);
    if (words || !known.worthAsking) {
      return Promise.resolve(words);
    }
    known.worthAsking = false;
    const asked = connect(kernel)
      .then(
        ({ hello }) => hello.vocabulary,
        () => null
      )
      .then(words => {
        if (known.asked === asked) {
          known.asked = null;
          if (words) {
            this._words.set(kernel.id, words);
          }
          // A cell that ran meanwhile may have loaded what was missing.
          if (words || known.worthAsking) {
            this.changed();
          }
        }
        return words;
      });
    known.asked = asked;
    return asked;
  }

  private _watch(kernel: Kernel.IKernelConnection): Known {
    const known: Known = { worthAsking: true, asked: null };
    this._kernels.set(kernel, known);
    kernel.statusChanged.connect((_, status) => {
      if (isEnd(status)) {
        known.asked = null;
        known.worthAsking = false;
        this._words.delete(kernel.id);
        this.changed();
      }
    });
    kernel.iopubMessage.connect((_, message) => {
      if (!this.known(kernel) && endsRun(message)) {
        known.worthAsking = true;
        this.changed();
      }
    });
    return known;
  }

  /** By kernel: of several connections to one, a notebook's and a console's, only one has comms. */
  private readonly _words = new Map<string, Vocabulary>();
  private readonly _kernels = new WeakMap<Kernel.IKernelConnection, Known>();
}
