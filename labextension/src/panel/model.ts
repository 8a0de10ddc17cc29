/** The notebook at hand in; what is the case with its kernel, and its panel, out. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ISignal, Signal } from '@lumino/signaling';

import { KernelPanel } from './kernelPanel';
import type { Action, State } from './state';

/** What the side panel shows; it follows the current notebook from `start` to `stop`. */
export class PanelModel {
  constructor(private readonly _tracker: INotebookTracker) {}

  /** Emitted when `state` has changed. */
  get changed(): ISignal<this, State> {
    return this._changed;
  }

  /** What is the case. */
  get state(): State {
    return this._state;
  }

  /** The notebook that the panel belongs to. */
  get notebook(): NotebookPanel | null {
    return this._notebook;
  }

  /** Open a panel, and another one whenever there is another notebook or kernel. */
  start(): void {
    if (!this._started) {
      this._started = true;
      this._tracker.currentChanged.connect(this._onNotebook, this);
      this._onNotebook();
    }
  }

  /** Let the panel go: nobody looks at it. */
  stop(): void {
    if (this._started) {
      this._started = false;
      this._tracker.currentChanged.disconnect(this._onNotebook, this);
      this._follow(null);
    }
  }

  /** Do what a button of the panel says. */
  act(action: Action): void {
    this._panel?.act(action);
  }

  private _onNotebook(): void {
    if (this._notebook !== this._tracker.currentWidget || !this._notebook) {
      this._follow(this._tracker.currentWidget);
    }
  }

  private _follow(notebook: NotebookPanel | null): void {
    this._notebook?.sessionContext.kernelChanged.disconnect(
      this._onKernel,
      this
    );
    this._notebook = notebook;
    notebook?.sessionContext.kernelChanged.connect(this._onKernel, this);
    this._onKernel();
  }

  private _onKernel(): void {
    const context = this._notebook?.sessionContext;
    const kernel = context?.session?.kernel;
    if (kernel && this._panel?.kernel === kernel) {
      return; // it was restarted, of which the panel knows
    }
    this._panel?.dispose();
    this._panel = null;
    if (!context) {
      this._tell({ kind: 'noNotebook' });
    } else if (kernel) {
      this._panel = new KernelPanel(kernel, state => this._tell(state));
    } else {
      this._tell({ kind: context.isReady ? 'noKernel' : 'starting' });
      const settle = () => {
        if (this._notebook?.sessionContext === context && !this._panel) {
          this._tell({ kind: 'noKernel' });
        }
      };
      context.ready.then(settle, settle);
    }
  }

  private _tell(state: State): void {
    this._state = state;
    this._changed.emit(state);
  }

  private readonly _changed = new Signal<this, State>(this);
  private _notebook: NotebookPanel | null = null;
  private _panel: KernelPanel | null = null;
  private _started = false;
  private _state: State = { kind: 'noNotebook' };
}
