/**
 * A token in; its alternatives, sorted as one likes, each with a button that branches there, out.
 */

import { explain } from '../explain';
import type { Translation } from '../translation';

import { button, make } from './dom';
import type { Alternative, Token } from './record';
import {
  alternativeRow,
  Branch,
  orderChoice,
  otherText
} from './alternativeParts';
import { nats, Order, percent, sorted, visibleToken } from './words';

export interface Actions {
  branch: Branch;
  /** Ask the kernel what could stand there. */
  ask(): Promise<Alternative[]>;
  /** The content has another size now. */
  resized(): void;
}

/** What the popover of one token holds. */
export class AlternativesView {
  readonly node = make('div', { className: 'galai-alternatives' });

  constructor(
    private readonly trans: Translation,
    private readonly token: Token,
    place: number,
    private readonly actions: Actions
  ) {
    const { branch } = actions;
    this.order = orderChoice(trans);
    const heading = make(
      'p',
      {},
      make(
        'strong',
        {},
        trans.__('Token %1: ‘%2’', place, visibleToken(token.text))
      ),
      make(
        'small',
        {},
        trans.__(
          '%1 %, log-probability %2, id %3',
          percent(token.logProbability),
          nats(token.logProbability),
          token.id
        )
      )
    );
    this.node.append(heading, this.order, this.list, otherText(branch, trans));
    this.order.addEventListener('change', () => this.draw());
    this.list.addEventListener('keydown', event => this.onKey(event));
    this.show(token.alternatives);
  }

  /** Show other alternatives. */
  show(alternatives: Alternative[]): void {
    this.alternatives = alternatives;
    this.draw();
  }

  private draw(): void {
    const { trans, alternatives } = this;
    this.order.hidden = alternatives.length < 2;
    if (alternatives.length > 0) {
      const order = this.order.value as Order;
      this.list.replaceChildren(
        ...sorted(alternatives, order).map(each =>
          alternativeRow(each, this.token, this.actions.branch, trans)
        )
      );
    } else {
      this.list.replaceChildren(
        make('li', {}, trans.__('No alternatives were recorded.')),
        make(
          'li',
          {},
          button(trans.__('Ask the model'), 'galai-button galai-ask', () => {
            void this.ask();
          })
        )
      );
    }
    this.actions.resized();
  }

  private async ask(): Promise<void> {
    try {
      this.list.replaceChildren(make('li', {}, this.trans.__('Asking…')));
      this.show(await this.actions.ask());
      this.list.querySelector('button')?.focus();
    } catch (error) {
      this.list.replaceChildren(
        make('li', { className: 'galai-problem' }, explain(error, this.trans))
      );
      this.actions.resized();
    }
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const all = [...this.list.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (step && at >= 0) {
      event.preventDefault();
      all[(at + step + all.length) % all.length].focus();
    }
  }

  private alternatives: Alternative[] = [];
  private readonly list = make('ul', {});
  private readonly order: HTMLSelectElement;
}
