/**
 * An editor and an offer in; the offer cancelled when typing goes on, completed when accepted.
 */

import type { Cell } from '@jupyterlab/cells';

import { Notes } from './notes';
import type { Offer } from './offer';
import type { Place } from './place';

export class Watch {
  constructor(
    private readonly editor: NonNullable<Cell['editor']>,
    private readonly place: Place,
    readonly offer: Offer
  ) {
    this._notes = new Notes(editor.host, text => offer.shownAs(text));
    offer.onChange = () => this._notes.refresh();
    editor.model.sharedModel.changed.connect(this._onChange, this);
    editor.model.selections.changed.connect(this._onSelection, this);
    editor.host.addEventListener('focusout', this._onBlur);
  }

  /** The text that was typed since, where it agrees with a suggestion; else null. */
  get typedAlong(): string | null {
    const { written } = this.place;
    const source = this.editor.model.sharedModel.getSource();
    const position = this.editor.getCursorPosition();
    const cursor = this.editor.getOffsetAt(position);
    const typed = source.slice(written.length, cursor);
    const agrees = this.offer.suggestions.some(
      ({ text }) => text.startsWith(typed) && text !== typed
    );
    const isBehind = source.startsWith(written) && cursor >= written.length;
    return isBehind && agrees ? typed : null;
  }

  /** Cancel the offer, and look at the editor no longer. */
  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.isDisposed = true;
    this.offer.cancel();
    this._notes.dispose();
    this.editor.model.sharedModel.changed.disconnect(this._onChange, this);
    this.editor.model.selections.changed.disconnect(this._onSelection, this);
    this.editor.host.removeEventListener('focusout', this._onBlur);
  }

  isDisposed = false;

  private _onChange(_: unknown, change: { sourceChange?: unknown }): void {
    if (!change.sourceChange) {
      return;
    }
    const { written } = this.place;
    const source = this.editor.model.sharedModel.getSource();
    const accepted =
      source.startsWith(written) &&
      this.offer.suggestions.find(
        ({ text }) => text && source.startsWith(text, written.length)
      );
    this.offer.cancel();
    if (accepted) {
      // Not now: the editor is in the middle of the change.
      void Promise.resolve().then(() => this._removeMark(accepted.text));
      this._end();
    } else {
      // The cursor moves after the text changes.
      this._later();
    }
  }

  private _onSelection(): void {
    if (
      this.editor.getOffsetAt(this.editor.getCursorPosition()) !==
      this.place.written.length
    ) {
      this._later();
    }
  }

  private readonly _onBlur = () => this.dispose();

  /** End, unless what was typed is the beginning of a suggestion. */
  private _later(): void {
    void Promise.resolve().then(() => {
      if (this.typedAlong === null) {
        this._end();
      }
    });
  }

  /** End once JupyterLab has taken its ghost text away. */
  private _end(): void {
    this.offer.cancel();
    setTimeout(() => this.dispose(), 0);
  }

  /** Let what was accepted take the place of the mark that asked for it. */
  private _removeMark(text: string): void {
    const { mark, written } = this.place;
    if (mark) {
      const { sharedModel } = this.editor.model;
      const behind = written.length + text.length;
      sharedModel.transact(() => {
        sharedModel.updateSource(
          behind,
          behind + mark.end - written.length,
          ''
        );
        sharedModel.updateSource(mark.start, written.length, '');
      });
    }
  }

  private readonly _notes: Notes;
}
