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
import { LabHost } from './labHost';
import { GalacticaProvider } from './provider';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:language',
  description: 'Highlights, checks and completes %%galactica cells.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, ISettingRegistry],
  optional: [ICompletionProviderManager, ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    editors: IEditorExtensionRegistry,
    registry: ISettingRegistry,
    completers: ICompletionProviderManager | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const settings = await registry.load(plugin.id);
    const host = new LabHost(
      app.shell,
      (text, ...values) => trans.__(text, ...values),
      settings
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
  }
};

export default plugin;
