/**
 * Actions in, the row of buttons above a generation out.
 */

import type { Translation } from '../translation';

import type { Form } from './copying';
import { button, make } from './dom';
import { Popover } from './popover';
import type { SequenceOrder } from './rendered';

export type View = 'rendered' | 'tokens';

export interface ToolbarActions {
  view(view: View): void;
  fold(): void;
  sort(order: SequenceOrder): void;
  copy(form: Form): void;
  stop(): void;
}

/** What a toolbar has to offer just now. */
export interface ToolbarState {
  view: View;
  tokens: boolean;
  /** Whether there are work blocks, and whether all are folded. */
  work: 'none' | 'open' | 'folded';
  sequences: boolean;
}

/** The buttons, and a line that tells how a request goes. */
export class Toolbar {
  readonly node = make('div', { className: 'galai-toolbar' });

  constructor(
    private readonly trans: Translation,
    actions: ToolbarActions
  ) {
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Galactica generation'));
    const action = (label: string, name: string, act: () => void) =>
      button(label, `galai-button galai-${name}`, act);
    this.tokens = action(trans.__('Tokens'), 'tokens', () =>
      actions.view(this.state?.view === 'tokens' ? 'rendered' : 'tokens')
    );
    this.fold = action('', 'fold', () => actions.fold());
    this.sort = this.sorting(actions);
    this.copy = action(trans.__('Copy ▾'), 'copy', () =>
      this.openCopy(actions)
    );
    this.copy.ariaLabel = trans.__('Copy');
    this.copy.ariaHasPopup = 'dialog';
    this.stop = action(trans.__('Stop'), 'stop', () => actions.stop());
    this.stop.hidden = true;
    this.said.setAttribute('role', 'status');
    this.node.append(
      this.said,
      this.stop,
      this.sort,
      this.fold,
      this.tokens,
      this.copy
    );
  }

  update(state: ToolbarState): void {
    this.state = state;
    const rendered = state.view === 'rendered';
    this.tokens.hidden = !state.tokens;
    this.tokens.ariaPressed = String(!rendered);
    this.fold.hidden = !rendered || state.work === 'none';
    this.fold.textContent =
      state.work === 'folded'
        ? this.trans.__('Unfold work')
        : this.trans.__('Fold work');
    this.sort.hidden = !rendered || !state.sequences;
  }

  /** Say how a request goes; `running` ones can be stopped. */
  say(words: string, kind: 'running' | 'done' | 'problem' = 'done'): void {
    this.said.textContent = words;
    this.said.classList.toggle('galai-problem', kind === 'problem');
    this.stop.hidden = kind !== 'running';
  }

  dispose(): void {
    this.popover.close(false);
  }

  private openCopy(actions: ToolbarActions): void {
    if (this.popover.isOpen) {
      this.popover.close();
      return;
    }
    const { trans, popover } = this;
    const item = (form: Form, label: string) =>
      button(label, `galai-button galai-copy-${form}`, () => {
        popover.close();
        actions.copy(form);
      });
    popover.open(
      this.copy,
      trans.__('Copy'),
      make(
        'div',
        { className: 'galai-menu' },
        item('text', trans.__('As text')),
        item('latex', trans.__('As LaTeX')),
        item('markdown', trans.__('As Markdown'))
      )
    );
  }

  private sorting(actions: ToolbarActions): HTMLSelectElement {
    const option = (value: SequenceOrder, label: string) =>
      make('option', { value }, label);
    const select = make(
      'select',
      { className: 'galai-sort', ariaLabel: this.trans.__('Sort texts') },
      option('written', this.trans.__('As ranked')),
      option('probability', this.trans.__('Likeliest first')),
      option('length', this.trans.__('Shortest first'))
    );
    select.addEventListener('change', () =>
      actions.sort(select.value as SequenceOrder)
    );
    return select;
  }

  private state: ToolbarState | null = null;
  private readonly popover = new Popover();
  private readonly said = make('span', { className: 'galai-said' });
  private readonly tokens: HTMLButtonElement;
  private readonly fold: HTMLButtonElement;
  private readonly copy: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly sort: HTMLSelectElement;
}
