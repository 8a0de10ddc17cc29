/**
 * What is the case with a notebook and its kernel in; what the panel says, and its button, out.
 *
 * Knows neither JupyterLab nor the DOM.
 */

import type { Translation } from '../translation';

import type { Action, State } from './state';

/** What the panel says in place of its widgets. */
export interface Notice {
  text: string;
  /** A command to copy. */
  code?: string;
  /** What stands below the command. */
  then?: string;
  button?: { label: string; action: Action };
}

const INSTALL = 'pip install galai-jupyter';

/** Return what to say; nothing where the widgets themselves are shown. */
export function notice(state: State, trans: Translation): Notice | null {
  const retry = { label: trans.__('Try again'), action: 'retry' as const };
  const load = {
    label: trans.__('Load galai_jupyter'),
    action: 'load' as const
  };
  switch (state.kind) {
    case 'open':
      return null;
    case 'noNotebook':
      return {
        text: trans.__('Open a notebook: the panel belongs to its kernel.')
      };
    case 'noKernel':
      return {
        text: trans.__(
          'This notebook has no kernel: choose one at the right end of its toolbar.'
        )
      };
    case 'starting':
      return { text: trans.__('The kernel is starting…') };
    case 'restarting':
      return { text: trans.__('The kernel is restarting…') };
    case 'dead':
      return {
        text: trans.__('The kernel has died: restart it from the Kernel menu.')
      };
    case 'connecting':
      return { text: trans.__('Asking the kernel for the panel…') };
    case 'busy':
      return {
        text: trans.__(
          'The kernel is busy: the panel opens as soon as it answers.'
        )
      };
    case 'otherLanguage':
      return {
        text: trans.__(
          'The panel needs a Python kernel; the kernel of this notebook runs %1.',
          state.language
        )
      };
    case 'notLoaded':
      return {
        text: state.restarted
          ? trans.__(
              'The kernel was restarted, and galai_jupyter is not loaded in it any more.'
            )
          : trans.__('galai_jupyter is not loaded in this kernel.'),
        button: load
      };
    case 'loading':
      return {
        text: state.busy
          ? trans.__('Loading galai_jupyter, once the running cell has ended…')
          : trans.__('Loading galai_jupyter…')
      };
    case 'notInstalled':
      return {
        text: trans.__(
          'galai_jupyter is not installed where this kernel runs. Install it there, for example in a terminal of that environment:'
        ),
        code: INSTALL,
        then: trans.__('Then restart the kernel and load it.'),
        button: load
      };
    case 'loadFailed':
      return {
        text: trans.__(
          'galai_jupyter could not be loaded (%1). Where its installation is broken, this mends it:',
          state.message
        ),
        code: INSTALL,
        button: load
      };
    case 'refused':
      return { text: state.message, button: retry };
    case 'unreadable':
      return {
        text: trans.__(
          'The galai_jupyter of the kernel and the extension of JupyterLab do not understand each other. Install the same version on both sides, restart the kernel and reload the page:'
        ),
        code: INSTALL.replace('install', 'install --upgrade'),
        button: retry
      };
    case 'shared':
      return {
        text: trans.__(
          'Another document on this page uses the same kernel, and only the one that was opened first can show its widgets: open the panel from there.'
        ),
        button: retry
      };
    case 'noWidgets':
      return {
        text: trans.__(
          'JupyterLab cannot show widgets: install ipywidgets where it runs, and reload the page.'
        ),
        code: 'pip install ipywidgets'
      };
    case 'closed':
      return {
        text: trans.__('The panel was closed in the kernel.'),
        button: { label: trans.__('Open it again'), action: 'retry' }
      };
    case 'failed':
      return {
        text: trans.__('The panel could not be opened: %1', state.message),
        button: retry
      };
  }
}
