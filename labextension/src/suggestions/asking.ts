/**
 * A notebook and a place in it in; the kernel's answers out.
 *
 * Kernels that are not known to have galai_jupyter are asked on demand only.
 */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';

import { NotLoadedError } from '../connection';
import { connect } from '../kernel';
import type { Translation } from '../translation';

import type { Place } from './place';
import type { Settings } from './settings';

export class Asking {
  constructor(private readonly trans: Translation) {}

  /**
   * Yield the kernel's answers.
   *
   * @param automatic - Nobody asked: then nothing is loaded, and nothing is sent to a kernel
   * that may have no galai_jupyter.
   * @throws Error - `explain` says to a person what to do.
   */
  async *answers(
    panel: NotebookPanel,
    place: Place,
    settings: Settings,
    automatic: boolean,
    signal: AbortSignal
  ): AsyncGenerator<unknown> {
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) {
      throw new Error(this.trans.__('No kernel runs: start one.'));
    }
    const runs = runsOfLoading(panel);
    const mayAnswer = runs && this._failed.get(kernel) !== runs;
    if (automatic && !this._answered.has(kernel) && !mayAnswer) {
      return;
    }
    await this._check(kernel);
    if (signal.aborted) {
      return;
    }
    try {
      const { requests } = await connect(kernel);
      this._answered.add(kernel);
      const parameters = asParameters(place, settings, automatic);
      yield* requests.stream('suggest', parameters, signal);
    } catch (error) {
      if (error instanceof NotLoadedError) {
        this._answered.delete(kernel);
        this._failed.set(kernel, runs);
      }
      throw error;
    }
  }

  /** Refuse to ask a kernel that cannot answer, or not now. */
  private async _check(kernel: Kernel.IKernelConnection): Promise<void> {
    if (kernel.status === 'busy' && !kernel.supportsSubshells) {
      throw new Error(
        this.trans.__('A cell is running: ask again when it has ended.')
      );
    }
    const info = await kernel.info;
    if (info.language_info.name !== 'python') {
      throw new Error(
        this.trans.__('Suggestions need a Python kernel with galai_jupyter.')
      );
    }
  }

  private readonly _answered = new WeakSet<Kernel.IKernelConnection>();

  /** What had been run when a kernel was found to have no galai_jupyter. */
  private readonly _failed = new WeakMap<Kernel.IKernelConnection, string>();
}

/** Return when the cells that name galai_jupyter were run; empty if none was. */
function runsOfLoading(panel: NotebookPanel): string {
  return [...(panel.content.model?.cells ?? [])]
    .filter(cell => cell.sharedModel.getSource().includes('galai_jupyter'))
    .map(cell => cell.sharedModel.toJSON().execution_count)
    .filter(count => typeof count === 'number')
    .join();
}

function asParameters(
  place: Place,
  settings: Settings,
  automatic: boolean
): JSONObject {
  return {
    kind: place.kind,
    text: place.text,
    before: place.before,
    automatic,
    max_new_tokens: settings.maxNewTokens,
    context_tokens: settings.contextTokens,
    suggestions: settings.suggestions,
    least_confidence: settings.leastConfidence,
    library: settings.library.trim()
  };
}
