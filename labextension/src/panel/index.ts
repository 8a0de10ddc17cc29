/** The plugin of the panel in the right side bar, and of the keys in all panels. */

import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { panelIcon } from './icon';
import { listen } from './keyboard';
import { PanelModel } from './model';
import { nameHandles } from './names';
import { Outbox } from './outbox';
import { SidePanel } from './widget';

const COMMAND = 'galai:panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:panel',
  description: 'The Galactica panel in the side bar, and the keys of panels.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('galai_jupyter');
    const model = new PanelModel(tracker);
    const panel = new SidePanel(model, trans);
    const { commands, shell } = app;
    shell.add(panel, 'right', { rank: 700, type: 'Galactica' });
    if (restorer) {
      restorer.add(panel, panel.id);
    } else {
      void remember(app, panel);
    }
    listen(window, node => {
      const notebook = panel.node.contains(node)
        ? model.notebook
        : tracker.find(each => each.node.contains(node));
      const kernel = notebook?.sessionContext.session?.kernel;
      return kernel ? Outbox.of(kernel) : null;
    });
    nameHandles(document);

    commands.addCommand(COMMAND, {
      label: trans.__('Galactica Panel'),
      caption: trans.__('Show or hide the panel of the Galactica models'),
      icon: args => (args.isPalette || args.isMenu ? undefined : panelIcon),
      isToggleable: true,
      isToggled: () => panel.isVisible,
      execute: args => {
        if (panel.isVisible && !args.show) {
          (shell as Partial<SideBars>).collapseRight?.();
        } else {
          shell.activateById(panel.id);
        }
      },
      describedBy: {
        args: {
          type: 'object',
          properties: {
            show: {
              type: 'boolean',
              description: trans.__('Never hide the panel')
            }
          }
        }
      }
    });
    panel.seen.connect(() => commands.notifyCommandChanged(COMMAND));
    const category = trans.__('Galactica');
    palette?.addItem({ command: COMMAND, category, args: { isPalette: true } });
    launcher?.add({ command: COMMAND, category, args: { show: true } });
  }
};

/** Open the panel if it was open before the page was reloaded: Notebook 7 has no restorer. */
async function remember(app: JupyterFrontEnd, panel: SidePanel): Promise<void> {
  panel.seen.connect((_, isOpen) =>
    window.sessionStorage.setItem(plugin.id, String(isOpen))
  );
  const wasOpen = window.sessionStorage.getItem(plugin.id) === 'true';
  await app.restored;
  if (wasOpen) {
    app.shell.activateById(panel.id);
  }
}

/** What the shells of JupyterLab and Notebook 7 have in common beyond `JupyterFrontEnd.IShell`. */
interface SideBars {
  collapseRight(): void;
}

export default plugin;
