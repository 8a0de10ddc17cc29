/**
 * A record in, its tokens as buttons out; one of them is in the tab order, arrows reach the others.
 */

import type { Translation } from '../translation';

import { make } from './dom';
import type { GenerationRecord } from './record';
import { tokenLists } from './tokenLists';

/** Which token: the number of its sequence, from 0, and its own, from 1. */
export interface Place {
  sequence: number;
  place: number;
}

/** The tokens of all sequences. */
export class TokenView {
  readonly node = make('div', { className: 'galai-token-view' });

  constructor(
    private readonly trans: Translation,
    private readonly onChoose: (place: Place, button: HTMLElement) => void
  ) {
    this.node.addEventListener('keydown', event => this.onKey(event));
    this.node.addEventListener('click', event => this.onClick(event));
  }

  /** Show another record; the focus stays on the token of the same number, if there is one. */
  show(record: GenerationRecord): void {
    const focused = this.node.contains(document.activeElement);
    const hint = this.trans.__(
      'Small numbers are probabilities in percent; the stronger the shade, the less sure the model was. ▁ is a space. Choose a token to see its alternatives.'
    );
    this.node.replaceChildren(
      make('p', { className: 'galai-hint' }, hint),
      ...tokenLists(record, this.trans)
    );
    const buttons = this.buttons();
    this.current = Math.min(this.current, Math.max(0, buttons.length - 1));
    if (buttons.length) {
      buttons[this.current].tabIndex = 0;
    }
    if (focused) {
      buttons[this.current]?.focus({ preventScroll: true });
    }
  }

  private onClick(event: Event): void {
    const node = (event.target as Element).closest<HTMLElement>('.galai-token');
    if (node) {
      this.go(this.buttons().indexOf(node));
      const { sequence, place } = node.dataset;
      this.onChoose({ sequence: Number(sequence), place: Number(place) }, node);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const last = this.buttons().length - 1;
    const goals: Record<string, () => number> = {
      ArrowLeft: () => this.current - 1,
      ArrowRight: () => this.current + 1,
      ArrowUp: () => this.inNextLine(-1),
      ArrowDown: () => this.inNextLine(1),
      Home: () => 0,
      End: () => last
    };
    const goal = goals[event.key];
    if (goal && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      this.go(Math.min(last, Math.max(0, goal())));
    }
  }

  /** Return the token above or below the current one. */
  private inNextLine(step: number): number {
    const boxes = this.buttons().map(each => each.getBoundingClientRect());
    const { top, left } = boxes[this.current];
    const away = (at: number) => (boxes[at].top - top) * step;
    const aside = (at: number) => Math.abs(boxes[at].left - left);
    const beyond = boxes.map((_, at) => at).filter(at => away(at) > 1);
    const line = Math.min(...beyond.map(away));
    return beyond
      .filter(at => away(at) - line < 1)
      .reduce(
        (a, b) => (aside(b) < aside(a) ? b : a),
        beyond[0] ?? this.current
      );
  }

  private go(index: number): void {
    const buttons = this.buttons();
    buttons[this.current]?.setAttribute('tabindex', '-1');
    this.current = index;
    buttons[index]?.setAttribute('tabindex', '0');
    buttons[index]?.focus();
  }

  private buttons(): HTMLElement[] {
    return [...this.node.querySelectorAll<HTMLElement>('.galai-token')];
  }

  private current = 0;
}
