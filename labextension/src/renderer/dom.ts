/**
 * A tag, its properties and its children in, an element out. Text is always text, never HTML.
 */

type Properties<T extends keyof HTMLElementTagNameMap> = Partial<
  Omit<
    HTMLElementTagNameMap[T],
    'style' | 'children' | 'innerHTML' | 'outerHTML'
  >
>;

/** Make an element. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Properties<T> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[T] {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
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

/** Keep JupyterLab's keyboard shortcuts away from a node: its keys have their own meaning. */
export function ownKeys(node: HTMLElement): void {
  node.setAttribute('data-lm-suppress-shortcuts', 'true');
}
