/** Shows generations with buttons: tokens and branches, folding, copying, sorting. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { MIME_TYPE } from './record';
import { GenerationRenderer } from './renderer';

/** Before HTML, which has 50. */
const RANK = 40;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:renderer',
  description: 'Adds buttons to generations.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ISettingRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: async (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    registry: ISettingRegistry,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    const settings = await registry.load(plugin.id);
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const shared = { rendermime, notebooks, settings, trans };
    rendermime.addFactory(
      {
        safe: true, // untrusted HTML is sanitised as without this renderer
        mimeTypes: [MIME_TYPE],
        createRenderer: options => new GenerationRenderer(options, shared)
      },
      RANK
    );
    notebooks?.widgetAdded.connect(function load(): void {
      notebooks.widgetAdded.disconnect(load);
      loadTypesetter(rendermime);
    });
  }
};

/** Typeset nothing: JupyterLab loads MathJax then, and formulas stand as text until it is there. */
function loadTypesetter(rendermime: IRenderMimeRegistry): void {
  void rendermime.latexTypesetter?.typeset(document.createElement('div'));
}

export default plugin;
