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
import { RendererSettings } from './settings';

/** Before HTML, which has 50. */
const RANK = 40;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:renderer',
  description: 'Adds buttons to generations.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ISettingRegistry, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const settings = new RendererSettings();
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
    registry
      ?.load(plugin.id)
      .then(loaded => {
        const update = () =>
          settings.update(
            loaded.get('enabled').composite,
            loaded.get('defaultView').composite
          );
        loaded.changed.connect(update);
        update();
      })
      .catch(error => console.error('Settings of the renderer', error));
  }
};

export default plugin;
