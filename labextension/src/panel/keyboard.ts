/**
 * Keys that are pressed inside a panel in; its Generate and Stop buttons pressed, out.
 *
 * Knows the DOM only: panels are found by the classes that the kernel gives them.
 */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';

const GENERATE = 'galai-generate';
const STOP = 'galai-stop';

/** Whether the kernel behind a panel has heard what was typed. */
export interface Hearing {
  isEmpty: boolean;
  empty(): Promise<void>;
}

/**
 * Let Ctrl-Enter (or Cmd-Enter) generate and Escape stop in every panel of a window.
 *
 * JupyterLab listens on the document, and would run the cell or leave the editor: the window is
 * told before it. Generate, also when it is clicked, waits until the kernel has the whole prompt.
 *
 * @param window - Where the panels are.
 * @param find - Finds what hears a panel; asked as soon as somebody is at work in it.
 */
export function listen(
  window: Window,
  find: (panel: Element) => Hearing | null
): IDisposable {
  const waiting = new WeakSet<Element>();

  const onKey = (event: KeyboardEvent) => {
    const name = buttonOf(event);
    const panel = name && panelOf(event);
    if (panel) {
      halt(event);
      commit(event.target as Element);
      // A disabled button ignores it.
      panel.querySelector<HTMLButtonElement>(`button.${name}`)?.click();
    }
  };
  const onClick = (event: Event) => {
    const button = (event.target as Element).closest(`button.${GENERATE}`);
    const panel = button && panelOf(event);
    const hearing = panel && find(panel);
    if (hearing && !hearing.isEmpty) {
      halt(event);
      if (!waiting.has(button)) {
        waiting.add(button);
        void hearing.empty().then(() => {
          waiting.delete(button);
          (button as HTMLElement).click();
        });
      }
    }
  };
  const onFocus = (event: Event) => {
    const panel = panelOf(event);
    if (panel) {
      find(panel);
    }
  };
  window.addEventListener('keydown', onKey, true);
  window.addEventListener('click', onClick, true);
  window.addEventListener('focusin', onFocus, true);
  return new DisposableDelegate(() => {
    window.removeEventListener('keydown', onKey, true);
    window.removeEventListener('click', onClick, true);
    window.removeEventListener('focusin', onFocus, true);
  });
}

function panelOf(event: Event): Element | null {
  return (event.target as Partial<Element>).closest?.('.galai-panel') ?? null;
}

function buttonOf(event: KeyboardEvent): string | null {
  const { altKey, ctrlKey, isComposing, key, metaKey, shiftKey } = event;
  if (isComposing || altKey || shiftKey) {
    return null;
  }
  if (key === 'Enter') {
    return ctrlKey || metaKey ? GENERATE : null;
  }
  return key === 'Escape' && !ctrlKey && !metaKey ? STOP : null;
}

function halt(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Let a field that tells its value when it is left tell it now. */
function commit(field: Element): void {
  if (field.matches('input, textarea')) {
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
}
