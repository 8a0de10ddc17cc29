/** Registers the language of `%%galactica` cells: highlighting, checks and completion. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry
} from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { isCodeCell } from './cells';
import { galacticaEditor } from './editor';
import type { Switches } from './host';
import { LabHost } from './labHost';
import { GalacticaProvider } from './provider';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:language',
  description: 'Highlights, checks and completes %%galactica cells.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  optional: [ICompletionProviderManager, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    editors: IEditorExtensionRegistry,
    completers: ICompletionProviderManager | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const host = new LabHost(app.shell, (text, ...values) =>
      trans.__(text, ...values)
    );
    editors.addExtension({
      name: 'galactica',
      factory: ({ model }) =>
        isCodeCell(model)
          ? EditorExtensionRegistry.createImmutableExtension(
              galacticaEditor(host)
            )
          : null
    });
    completers?.registerProvider(new GalacticaProvider(host));
    settings
      ?.load(plugin.id)
      .then(loaded => {
        const read = () => {
          host.switches = loaded.composite as unknown as Switches;
        };
        loaded.changed.connect(read);
        read();
      })
      .catch(reason => console.error(reason));
  }
};

export default plugin;
