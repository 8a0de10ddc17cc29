/**
 * Keys that are pressed inside a panel in; its Generate and Stop buttons pressed, out.
 *
 * Knows the DOM only: panels are found by the classes that the kernel gives them.
 */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';

/**
 * Let Ctrl-Enter (or Cmd-Enter) generate and Escape stop in every panel of a window.
 *
 * JupyterLab listens on the document, and would run the cell or leave the editor: the window is
 * told before it.
 */
export function listen(window: Window): IDisposable {
  window.addEventListener('keydown', onKey, true);
  return new DisposableDelegate(() =>
    window.removeEventListener('keydown', onKey, true)
  );
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as Element | null;
  const panel = target?.closest?.('.galai-panel');
  const button = panel && buttonOf(event);
  if (!button) {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  commit(target as HTMLElement);
  // A disabled button ignores it.
  panel.querySelector<HTMLButtonElement>(`button.${button}`)?.click();
}

function buttonOf(event: KeyboardEvent): string | null {
  const { altKey, ctrlKey, isComposing, key, metaKey, shiftKey } = event;
  if (isComposing || altKey || shiftKey) {
    return null;
  }
  if (key === 'Enter') {
    return ctrlKey || metaKey ? 'galai-generate' : null;
  }
  return key === 'Escape' && !ctrlKey && !metaKey ? 'galai-stop' : null;
}

/** Let a field that tells its value when it is left tell it now. */
function commit(field: HTMLElement): void {
  if (field.matches('input, textarea')) {
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
}
