/** Ghost text in Markdown cells and prompts: registers the provider, its commands and settings. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { Kind } from './place';
import { SuggestionProvider } from './provider';
import type { Settings } from './settings';

const ID = 'galai-jupyter:suggestions';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Suggests how to go on, and what to cite, at the cursor.',
  autoStart: true,
  requires: [ICompletionProviderManager, INotebookTracker, ISettingRegistry],
  optional: [ITranslator, ICommandPalette],
  activate: async (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    notebooks: INotebookTracker,
    registry: ISettingRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const loaded = await registry.load(ID);
    const settings = () => loaded.composite as unknown as Settings;
    const provider = new SuggestionProvider(notebooks, trans, settings);
    manager.registerInlineProvider(provider);

    const addCommand = (command: string, label: string, kind?: Kind) => {
      app.commands.addCommand(command, {
        label,
        isEnabled: () => {
          const panel = notebooks.currentWidget;
          return !!manager.inline && !!panel && provider.place(panel) !== null;
        },
        execute: () => {
          const panel = notebooks.currentWidget;
          if (panel) {
            provider.kind = kind;
            manager.inline?.invoke(panel.id);
            provider.kind = undefined;
          }
        },
        describedBy: { args: { type: 'object', properties: {} } }
      });
      palette?.addItem({ command, category: trans.__('Galactica') });
    };
    addCommand('galai:suggest', trans.__('Suggest How to Go On'));
    addCommand('galai:cite', trans.__('Suggest a Citation'), 'citation');
  }
};

export default plugin;
