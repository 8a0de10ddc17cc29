/** JupyterLab's requests for inline completions in; suggestions of the kernel's model out. */

import {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionList,
  IInlineCompletionProvider,
  InlineCompletionTriggerKind
} from '@jupyterlab/completer';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { explain } from '../explain';
import type { Translation } from '../translation';

import { atTheEnd, message, readAnswer, waiting } from './answers';
import { Asking } from './asking';
import { PROVIDER } from './notes';
import { Item, Offer } from './offer';
import { findPlace, Kind, Place, wantedWhileTyping } from './place';
import type { Settings } from './settings';
import { Watch } from './watch';

export class SuggestionProvider implements IInlineCompletionProvider<Item> {
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly trans: Translation,
    private readonly settings: () => Settings
  ) {
    this._asking = new Asking(trans);
  }

  readonly identifier = PROVIDER;

  get name(): string {
    return this.trans.__('Galactica');
  }

  /** JupyterLab's own settings of a provider. */
  readonly schema = {
    default: {
      enabled: true,
      autoFillInMiddle: false,
      debouncerDelay: 300,
      timeout: 60000
    }
  };

  /** What the next request is for, where it was not left to the text. */
  kind: Kind | undefined;

  /** Return what can be suggested at the cursor of a notebook. */
  place(panel: NotebookPanel): Place | null {
    const { activeCell, activeCellIndex, model } = panel.content;
    const editor = activeCell?.editor;
    if (!editor || !model || panel.content.mode !== 'edit') {
      return null;
    }
    const cells = [...model.cells].map(cell => ({
      type: cell.type,
      source: cell.sharedModel.getSource()
    }));
    const cursor = editor.getOffsetAt(editor.getCursorPosition());
    return findPlace(
      cells,
      activeCellIndex,
      cursor,
      this.settings().context,
      this.kind
    );
  }

  async fetch(
    _: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList<Item>> {
    const panel = this.notebooks.find(each => each === context.widget);
    const automatic =
      context.triggerKind === InlineCompletionTriggerKind.Automatic;
    const place = panel ? this.place(panel) : null;
    const typed = automatic ? this._watch?.typedAlong : null;
    if (typed && this._watch && !this._watch.isDisposed) {
      return { items: this._watch.offer.itemsAfter(typed) };
    }
    this._watch?.dispose();
    if (
      !panel ||
      !place ||
      (automatic && !wantedWhileTyping(place, this.settings()))
    ) {
      return { items: [] };
    }
    const offer = this._offer(panel, place, automatic);
    if (automatic) {
      await offer.ready();
    }
    const shows = !automatic || offer.suggestions.some(each => each.text);
    return { items: shows && !offer.signal.aborted ? offer.items : [] };
  }

  async *stream(token: string): AsyncGenerator<{ response: Item }> {
    const offer = this._watch?.offer;
    if (offer && token.startsWith(offer.name)) {
      for await (const insertText of offer.follow(token)) {
        yield { response: { insertText } };
      }
    }
  }

  /** Ask for suggestions, and watch over them. */
  private _offer(
    panel: NotebookPanel,
    place: Place,
    automatic: boolean
  ): Offer {
    const count = place.kind === 'citation' ? this.settings().suggestions : 1;
    const nothing = this.trans.__('No other paper.');
    const offer = new Offer(count, nothing, `offer ${++this._number}`);
    this._watch = new Watch(panel.content.activeCell!.editor!, place, offer);
    void this._run(offer, panel, place, automatic);
    return offer;
  }

  private async _run(
    offer: Offer,
    panel: NotebookPanel,
    place: Place,
    automatic: boolean
  ): Promise<void> {
    const { trans } = this;
    const settings = this.settings();
    offer.update([waiting(place, trans)]);
    try {
      const answers = this._asking.answers(
        panel,
        place,
        settings,
        automatic,
        offer.signal
      );
      for await (const value of answers) {
        offer.update(readAnswer(value, place, settings, trans));
      }
      offer.update(atTheEnd(offer.suggestions, trans));
    } catch (error) {
      const texts = offer.suggestions.filter(each => each.text);
      offer.update(texts.length ? texts : [message(explain(error, trans))]);
    }
    offer.end();
  }

  private readonly _asking: Asking;
  private _number = 0;
  private _watch: Watch | null = null;
}
