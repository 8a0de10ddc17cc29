/**
 * A running answer in; suggestions that an editor can follow, and that end at any time, out.
 *
 * Knows neither JupyterLab nor the DOM.
 */

import { message, Suggestion } from './answers';

/** An item of JupyterLab's inline completer. */
export interface Item {
  insertText: string;
  isIncomplete?: boolean;
  token?: string;
}

/** The suggestions for one place. */
export class Offer {
  /**
   * @param count - How many suggestions there may be; they cannot become more or fewer.
   * @param nothing - What is said in place of those that do not come.
   * @param name - Tells the tokens of this offer from those of others.
   */
  constructor(
    private readonly count: number,
    private readonly nothing: string,
    readonly name: string
  ) {}

  /** The suggestions so far. */
  suggestions: Suggestion[] = [];

  /** Whether all has been said. */
  ended = false;

  /** Called when something has changed. */
  onChange: () => void = () => {};

  get signal(): AbortSignal {
    return this._abort.signal;
  }

  /** Resolves as soon as there is something to accept, or all has been said. */
  async ready(): Promise<void> {
    while (!this.ended && !this.suggestions.some(each => each.text)) {
      await this._next;
    }
  }

  /** The items as they are now. */
  get items(): Item[] {
    return Array.from({ length: this.count }, (_, index) => ({
      insertText: this._at(index).text,
      isIncomplete: !this.ended,
      token: this.ended ? undefined : `${this.name}/${index}`
    }));
  }

  /** What is left of the items that begin with what was typed. */
  itemsAfter(typed: string): Item[] {
    return this.suggestions
      .filter(({ text }) => text.startsWith(typed))
      .map(({ text }) => ({ insertText: text.slice(typed.length) }));
  }

  /** Take what is shown from now on. */
  update(suggestions: Suggestion[]): void {
    if (!this.signal.aborted) {
      this.suggestions = suggestions;
      this._tell();
    }
  }

  /** All has been said. */
  end(): void {
    this.ended = true;
    this._tell();
  }

  /** The answer is no longer wanted; what there is stays as it is. */
  cancel(): void {
    this._abort.abort();
    this.end();
  }

  /** Yield the texts of one item, each as soon as it is there; none once this is cancelled. */
  async *follow(token: string): AsyncGenerator<string> {
    const index = Number(token.split('/').pop());
    while (!this.signal.aborted) {
      const next = this._next;
      const isLast = this.ended;
      yield this._at(index).text;
      if (isLast) {
        return;
      }
      await next;
    }
  }

  /** Return the suggestion that is shown as `text`, of which the beginning may have been typed. */
  shownAs(text: string): Suggestion | null {
    const all = Array.from({ length: this.count }, (_, index) =>
      this._at(index)
    );
    return (
      all.find(each => each.text === text) ??
      all.find(each => text && each.text.endsWith(text)) ??
      null
    );
  }

  private _at(index: number): Suggestion {
    const single = this.suggestions.length === 1 && !this.suggestions[0].text;
    return this.suggestions[single ? 0 : index] ?? message(this.nothing);
  }

  private _tell(): void {
    const wake = this._wake;
    this._next = new Promise(resolve => {
      this._wake = resolve;
    });
    wake();
    this.onChange();
  }

  private readonly _abort = new AbortController();
  private _wake: () => void = () => {};
  private _next = new Promise<void>(resolve => {
    this._wake = resolve;
  });
}
