/**
 * A token in; its alternatives, sorted as one likes, each with a button that branches there, out.
 */

import { button, make } from './dom';
import type { Alternative, Token } from './record';
import {
  nats,
  Order,
  percent,
  probability,
  sorted,
  Translation,
  visibleToken
} from './words';

export interface Actions {
  /** Go on from a token's id, or from a text. */
  branch(chosen: number | string): void;
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
    this.order = this.makeOrder();
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
    this.node.append(heading, this.order, this.list, this.form());
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
        ...sorted(alternatives, order).map(each => this.row(each))
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

  private row(each: Alternative): HTMLElement {
    const share = make('span', { className: 'galai-share' });
    share.style.width = `${(100 * probability(each.logProbability)).toFixed(1)}%`;
    const shown = visibleToken(each.text);
    const row = make(
      'li',
      { className: 'galai-alternative' },
      make('code', {}, shown),
      make('span', { className: 'galai-bar' }, share),
      make(
        'span',
        { className: 'galai-percent' },
        percent(each.logProbability) + ' %'
      )
    );
    if (each.id === this.token.id) {
      row.append(make('em', {}, this.trans.__('written')));
    } else {
      const branch = button(
        this.trans.__('Branch here'),
        'galai-button galai-branch',
        () => this.actions.branch(each.id)
      );
      branch.ariaLabel = this.trans.__('Branch here with ‘%1’', shown);
      row.append(branch);
    }
    return row;
  }

  private async ask(): Promise<void> {
    try {
      this.list.replaceChildren(make('li', {}, this.trans.__('Asking…')));
      this.show(await this.actions.ask());
      this.list.querySelector('button')?.focus();
    } catch (error) {
      this.list.replaceChildren(
        make('li', { className: 'galai-problem' }, (error as Error).message)
      );
      this.actions.resized();
    }
  }

  /** Anything else that could stand there, typed. */
  private form(): HTMLElement {
    const input = make('input', {
      type: 'text',
      className: 'galai-other',
      placeholder: this.trans.__('another text'),
      ariaLabel: this.trans.__('Another text to go on from; mind the space')
    });
    const form = make(
      'form',
      {},
      input,
      make('button', { className: 'galai-button' })
    );
    form.lastElementChild!.textContent = this.trans.__('Branch');
    form.addEventListener('submit', event => {
      event.preventDefault();
      if (input.value) {
        this.actions.branch(input.value);
      }
    });
    return form;
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

  private makeOrder(): HTMLSelectElement {
    const option = (value: Order, label: string) =>
      make('option', { value }, label);
    return make(
      'select',
      { ariaLabel: this.trans.__('Sort alternatives') },
      option('probability', this.trans.__('Likeliest first')),
      option('alphabet', this.trans.__('In alphabetical order'))
    );
  }
}
