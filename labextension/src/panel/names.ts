/**
 * A document in; names for the handles of its panels' sliders, as screen readers say them, out.
 *
 * ipywidgets labels a slider beside its handle, which has the focus and no name.
 */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';

/** Name the handles that are there, and those that appear. */
export function nameHandles(document: Document): IDisposable {
  const panels = document.getElementsByClassName('galai-panel');
  const name = () => [...panels].forEach(nameIn);
  const observer = new MutationObserver(name);
  observer.observe(document.body, { childList: true, subtree: true });
  name();
  return new DisposableDelegate(() => observer.disconnect());
}

function nameIn(panel: Element): void {
  panel.querySelectorAll('.noUi-handle').forEach(handle => {
    const label = handle.closest('.widget-slider')?.querySelector('label');
    const text = label?.textContent?.trim();
    if (text && handle.getAttribute('aria-label') !== text) {
      handle.setAttribute('aria-label', text);
    }
  });
}
