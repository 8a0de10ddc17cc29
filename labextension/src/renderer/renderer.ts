/**
 * The MIME bundle of a generation in; its static HTML with buttons above it, or its tokens, out.
 *
 * The HTML is the bundle's own, shown by JupyterLab's own renderer, sanitised where the notebook is
 * not trusted: so the text is the same as without this extension.
 */

import { Clipboard } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';

import { AlternativesView } from './alternatives';
import { Form, formOf } from './copying';
import { make } from './dom';
import { AddedOutput, placeOf } from './place';
import { Popover } from './popover';
import { Questions } from './questions';
import { GenerationRecord, MIME_TYPE, readRecord } from './record';
import {
  fold,
  keepingFolds,
  SequenceOrder,
  sequenceBoxes,
  sortBoxes,
  workBlocks
} from './rendered';
import type { RendererSettings } from './settings';
import { TokenView, type Place } from './tokenview';
import { Toolbar, View } from './toolbar';

/** What all renderers of a page share. */
export interface Environment {
  rendermime: IRenderMimeRegistry;
  notebooks: INotebookTracker | null;
  settings: RendererSettings;
  trans: TranslationBundle;
}

type Bundle = Readonly<PartialJSONObject>;

/** Shows one generation. */
export class GenerationRenderer extends Panel implements IRenderMime.IRenderer {
  constructor(
    private readonly options: IRenderMime.IRendererOptions,
    private readonly shared: Environment
  ) {
    super();
    this.addClass('galai-generation');
    this.node.dataset.mimeType = MIME_TYPE;
    this.toolbar = new Toolbar(shared.trans, {
      view: view => this.setView(view),
      fold: () => this.fold(),
      sort: order => this.sort(order),
      copy: form => void this.copy(form),
      stop: () => void this.questions().stop(this.running)
    });
    this.tokens = new TokenView(shared.trans, (place, token) =>
      this.choose(place, token)
    );
    this.tokens.node.hidden = true;
    this.addWidget(new Widget({ node: this.toolbar.node }));
    this.addWidget(new Widget({ node: this.tokens.node }));
    // Folding does not bubble.
    this.node.addEventListener('toggle', () => this.refresh(), true);
    shared.settings.changed.connect(this.refresh, this);
  }

  /** Show a bundle, in place of the one before: the view that was chosen stays. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const bundle = model.data as Bundle;
    const key = JSON.stringify([bundle, model.trusted]);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    this.bundle = bundle;
    this.record = readRecord(bundle[MIME_TYPE]);
    this.tokensAreDrawn = false;
    this.view ??= this.shared.settings.defaultView;
    await keepingFolds(this.node, () => this.renderBundle(model));
    if (!this.isDisposed) {
      this.sort(this.order);
      this.refresh();
    }
  }

  dispose(): void {
    this.aborting.abort();
    this.popover.close(false);
    this.toolbar.dispose();
    this.shared.settings.changed.disconnect(this.refresh, this);
    super.dispose();
  }

  /** Let JupyterLab show what it would show without this renderer. */
  private async renderBundle(model: IRenderMime.IMimeModel): Promise<void> {
    const { rendermime } = this.shared;
    const rest: PartialJSONObject = { ...this.bundle };
    delete rest[MIME_TYPE];
    const mimeType = rendermime.preferredMimeType(
      rest,
      model.trusted ? 'any' : 'ensure'
    );
    if (!this.inner || mimeType !== this.innerType) {
      this.inner?.dispose();
      const factory = mimeType && rendermime.getFactory(mimeType);
      this.inner = factory
        ? factory.createRenderer({ ...this.options, mimeType })
        : new PlainText();
      this.innerType = mimeType;
      this.addWidget(this.inner);
    }
    await this.inner.renderModel(model);
  }

  private setView(view: View): void {
    this.view = view;
    this.refresh();
  }

  private fold(): void {
    const blocks = workBlocks(this.node);
    fold(
      blocks,
      blocks.some(each => each.open)
    );
    this.refresh();
  }

  private sort(order: SequenceOrder): void {
    this.order = order;
    if (this.record) {
      sortBoxes(this.boxes(), this.record, order);
    }
  }

  /** Bring everything around the text into line with the state. */
  private refresh(): void {
    const { record } = this;
    const active = this.shared.settings.enabled && record !== null;
    const view = (active && this.view) || 'rendered';
    this.toolbar.node.hidden = !active;
    this.tokens.node.hidden = view !== 'tokens';
    this.inner?.setHidden(view === 'tokens');
    if (!active) {
      this.popover.close(false);
      return;
    }
    if (view === 'tokens' && !this.tokensAreDrawn) {
      this.popover.close(false);
      this.tokens.show(record);
      this.tokensAreDrawn = true;
    }
    const blocks = workBlocks(this.node);
    const folded = blocks.every(each => !each.open);
    this.toolbar.update({
      view,
      tokens: record.sequences.some(each => each.tokens.length > 0),
      work: blocks.length === 0 ? 'none' : folded ? 'folded' : 'open',
      sequences: this.boxes().length > 0
    });
  }

  private boxes(): HTMLElement[] {
    return sequenceBoxes(this.node, this.record?.sequences.length ?? 0);
  }

  private async copy(form: Form): Promise<void> {
    const { trans } = this.shared;
    let text = formOf(this.bundle, form);
    let said = trans.__('Copied.');
    if (!text && form === 'latex') {
      try {
        text = await this.questions().latex(this.rawRecord());
      } catch (error) {
        text = formOf(this.bundle, 'markdown');
        said = trans.__('Copied as Markdown: %1', (error as Error).message);
      }
    }
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      Clipboard.copyToSystem(text); // where the page is not allowed to, or not secure
    }
    this.toolbar.say(said);
  }

  /** Offer the alternatives of a token. */
  private choose(place: Place, token: HTMLElement): void {
    const { trans } = this.shared;
    const chosen =
      this.record?.sequences[place.sequence]?.tokens[place.place - 1];
    if (!chosen) {
      return;
    }
    const view = new AlternativesView(trans, chosen, place.place, {
      branch: words => void this.branch(place, words),
      ask: () => this.questions().alternatives(this.rawRecord(), place),
      resized: () => this.popover.place()
    });
    this.popover.open(token, trans.__('Alternatives'), view.node);
  }

  private async branch(place: Place, chosen: number | string): Promise<void> {
    const { trans } = this.shared;
    this.popover.close();
    if (this.running) {
      this.toolbar.say(
        trans.__('Another branch of this text grows: stop it first.'),
        'running'
      );
      return;
    }
    const found = placeOf(this, this.shared.notebooks);
    if (!found) {
      this.toolbar.say(
        trans.__('Only an output of a notebook can branch.'),
        'problem'
      );
      return;
    }
    this.running = crypto.randomUUID?.() ?? String(Math.random());
    this.toolbar.say(trans.__('A branch grows below…'), 'running');
    try {
      await this.questions().branch(
        this.rawRecord(),
        place,
        chosen,
        this.running,
        new AddedOutput(found.area),
        this.aborting.signal
      );
      this.toolbar.say(trans.__('The branch is the last output of this cell.'));
    } catch (error) {
      this.toolbar.say((error as Error).message, 'problem');
    } finally {
      this.running = '';
    }
  }

  private questions(): Questions {
    const kernel = placeOf(this, this.shared.notebooks)?.kernel ?? null;
    return new Questions(this.shared.trans, kernel);
  }

  private rawRecord(): JSONObject {
    return this.bundle[MIME_TYPE] as JSONObject;
  }

  private bundle: Bundle = {};
  private record: GenerationRecord | null = null;
  private shown = '';
  private view: View | null = null;
  private order: SequenceOrder = 'written';
  private inner: IRenderMime.IRenderer | null = null;
  private innerType: string | undefined;
  private tokensAreDrawn = false;
  private running = '';
  private readonly aborting = new AbortController();
  private readonly popover = new Popover();
  private readonly toolbar: Toolbar;
  private readonly tokens: TokenView;
}

/** Shows the texts of a record that came without any other form. */
class PlainText extends Widget implements IRenderMime.IRenderer {
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const record = readRecord(model.data[MIME_TYPE]);
    const texts = record?.sequences.map(each => each.text) ?? [];
    this.node.replaceChildren(make('pre', {}, texts.join('\n\n')));
  }
}
