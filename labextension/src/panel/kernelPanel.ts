/**
 * A kernel in; the panel that it made, or why there is none, out.
 *
 * The panel in the kernel lives as long as the request for it: `dispose` lets it go.
 */

import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

import { LostError } from '../connection';
import { connect, forget } from '../kernel';
import { isEnd } from '../kernelStatus';
import { stateOf } from './failures';
import { load, onMention } from './loading';
import type { Action, State } from './state';

const BUSY_PATIENCE = 1000;

/** One panel of a kernel, over restarts. */
export class KernelPanel implements IDisposable {
  /**
   * @param kernel - Is asked for the panel.
   * @param tell - Is told what is the case.
   */
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private readonly tell: (state: State) => void
  ) {
    kernel.statusChanged.connect(this._onStatus, this);
    this._mentions = onMention(kernel, () => {
      if (this._failed) {
        void this._open();
      }
    });
    this._onStatus();
    if (!this._ended) {
      void this._open();
    }
  }

  /** Do what a button says. */
  act(action: Action): void {
    forget(this.kernel);
    void this._open(action === 'load');
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._abort.abort();
    this._mentions.dispose();
    this.kernel.statusChanged.disconnect(this._onStatus, this);
  }

  private _onStatus(): void {
    const { status } = this.kernel;
    if (isEnd(status)) {
      this._abort.abort();
      this._ended = true;
      this.tell({ kind: status === 'dead' ? 'dead' : 'restarting' });
    } else if (this._ended && status === 'idle') {
      this._ended = false;
      this._restarted = true;
      void this._open();
    }
  }

  private async _open(loadFirst = false): Promise<void> {
    this._abort.abort();
    const { signal } = (this._abort = new AbortController());
    const tell = (state: State) => {
      if (!signal.aborted) {
        this.tell(state);
      }
    };
    this._failed = false;
    try {
      if (loadFirst) {
        tell({ kind: 'loading', busy: this.kernel.status === 'busy' });
        await load(this.kernel);
      }
      await this._show(signal, tell);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this._failed = true;
      tell(stateOf(error, this._restarted));
    }
  }

  private async _show(
    signal: AbortSignal,
    tell: (state: State) => void
  ): Promise<void> {
    tell({ kind: 'connecting' });
    const patience = setTimeout(() => {
      if (this.kernel.status === 'busy') {
        tell({ kind: 'busy' });
      }
    }, BUSY_PATIENCE);
    let open = false;
    try {
      const { name } = (await this.kernel.info).language_info;
      if (name !== 'python') {
        return tell({ kind: 'otherLanguage', language: name });
      }
      const { requests } = await connect(this.kernel);
      for await (const value of requests.stream('panel', {}, signal)) {
        open = true;
        clearTimeout(patience);
        const modelId = (value as { model_id?: unknown } | null)?.model_id;
        tell({ kind: 'open', modelId: String(modelId) });
      }
      tell({ kind: 'closed' });
    } catch (error) {
      if (open && error instanceof LostError) {
        return await this._show(signal, tell); // which tells why
      }
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  private _abort = new AbortController();
  private _ended = false;
  private _failed = false;
  private _isDisposed = false;
  private _mentions: IDisposable;
  private _restarted = false;
}
