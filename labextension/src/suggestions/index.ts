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
import { readSettings, Settings } from './settings';

const ID = 'galai-jupyter:suggestions';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Suggests how to go on, and what to cite, at the cursor.',
  autoStart: true,
  requires: [ICompletionProviderManager, INotebookTracker],
  optional: [ITranslator, ISettingRegistry, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    notebooks: INotebookTracker,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const provider = new SuggestionProvider(notebooks, trans);
    manager.registerInlineProvider(provider);

    const addCommand = (command: string, label: string, kind?: Kind) => {
      app.commands.addCommand(command, {
        label,
        isEnabled: () => {
          const panel = notebooks.currentWidget;
          return panel !== null && provider.place(panel) !== null;
        },
        execute: () => {
          provider.kind = kind;
          manager.inline?.invoke(notebooks.currentWidget!.id);
          provider.kind = undefined;
        },
        describedBy: { args: { type: 'object', properties: {} } }
      });
      palette?.addItem({ command, category: trans.__('Galactica') });
    };
    addCommand('galai:suggest', trans.__('Suggest How to Go On'));
    addCommand('galai:cite', trans.__('Suggest a Citation'), 'citation');

    registry
      ?.load(ID)
      .then(settings => {
        const read = () => {
          const found = settings.composite as Partial<Settings>;
          provider.settings = readSettings(found);
        };
        settings.changed.connect(read);
        read();
      })
      .catch(console.error);
  }
};

export default plugin;
