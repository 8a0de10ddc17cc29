/**
 * A tag, its properties and its children in, an element out. Text is always text, never HTML.
 */

type Properties<T extends keyof HTMLElementTagNameMap> = Partial<
  Omit<
    HTMLElementTagNameMap[T],
    'style' | 'children' | 'innerHTML' | 'outerHTML'
  >
>;

/** What JupyterLab's keyboard shortcuts are kept away from: its keys have their own meaning. */
const CONTROLS = ['button', 'input', 'select'];

/** Make an element. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Properties<T> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[T] {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  if (CONTROLS.includes(tag)) {
    node.setAttribute('data-lm-suppress-shortcuts', 'true');
  }
  return node;
}

/** Make a button that does not submit anything. */
export function button(
  label: string,
  className: string,
  onclick: () => void
): HTMLButtonElement {
  return make('button', { type: 'button', className, onclick }, label);
}
