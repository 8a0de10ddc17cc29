import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'galai-jupyter:suggestions',
  autoStart: true,
  activate: () => {}
};

export default plugin;
