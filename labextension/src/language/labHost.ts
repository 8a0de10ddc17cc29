/** JupyterLab in; for each editor, its kernel's words and the settings, out. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { EditorView } from '@codemirror/view';

import type { Vocabulary } from '../protocol';

import type { Host, Switches } from './host';
import { KernelWords } from './kernelWords';
import type { Say } from './words';

const AREAS = ['main', 'down'];

/** What JupyterLab knows about editors. */
export class LabHost implements Host {
  constructor(
    private readonly shell: JupyterFrontEnd.IShell,
    readonly say: Say,
    private readonly settings: ISettingRegistry.ISettings
  ) {
    settings.changed.connect(() => this._tell());
  }

  /** The kernels' words, which completion reads, too. */
  readonly kernels = new KernelWords(() => this._tell());

  get switches(): Switches {
    return this.settings.composite as unknown as Switches;
  }

  words(view: EditorView): Vocabulary | null {
    const session = this._sessionOf(view.dom);
    if (session && !this._watched.has(session)) {
      this._watched.add(session);
      session.kernelChanged.connect(() => this._tell());
    }
    const kernel = session?.session?.kernel;
    if (!kernel) {
      return null;
    }
    void this.kernels.ask(kernel);
    return this.kernels.known(kernel);
  }

  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Return the session of the notebook or console that a node stands in. */
  private _sessionOf(node: Node): ISessionContext | null {
    for (const area of AREAS) {
      for (const widget of this.shell.widgets(area)) {
        if (widget.node.contains(node)) {
          const { sessionContext } = widget as {
            sessionContext?: ISessionContext;
          };
          return sessionContext ?? null;
        }
      }
    }
    return null;
  }

  private _tell(): void {
    [...this._listeners].forEach(listener => listener());
  }

  private readonly _listeners = new Set<() => void>();
  private readonly _watched = new WeakSet<ISessionContext>();
}
