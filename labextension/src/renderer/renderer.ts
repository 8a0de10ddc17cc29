/**
 * The MIME bundle of a generation in; its static HTML with buttons above it, or its tokens, out.
 *
 * The HTML is the bundle's own, shown by JupyterLab's own renderer, sanitised where the notebook is
 * not trusted: so the text is the same as without this extension.
 */

import type { IRenderMime } from '@jupyterlab/rendermime';
import { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';

import { Brancher, Environment } from './brancher';
import { copy } from './clipboard';
import type { Form } from './copying';
import { GenerationRecord, MIME_TYPE, readRecord } from './record';
import {
  fold,
  keepingFolds,
  SequenceOrder,
  sequenceBoxes,
  sortBoxes,
  workBlocks
} from './rendered';
import { StaticView } from './staticView';
import { TokenView } from './tokenview';
import { Toolbar, View } from './toolbar';

type Bundle = Readonly<PartialJSONObject>;

/** Shows one generation. */
export class GenerationRenderer extends Panel implements IRenderMime.IRenderer {
  constructor(
    options: IRenderMime.IRendererOptions,
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
      stop: () => this.brancher.stop()
    });
    this.brancher = new Brancher(this, shared, (words, kind) =>
      this.toolbar.say(words, kind)
    );
    this.tokens = new TokenView(shared.trans, (place, token) => {
      if (this.record) {
        this.brancher.choose(this.record, this.rawRecord(), place, token);
      }
    });
    this.tokens.node.hidden = true;
    this.addWidget(new Widget({ node: this.toolbar.node }));
    this.addWidget(new Widget({ node: this.tokens.node }));
    this.text = new StaticView(this, options, shared.rendermime);
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
    const drawn = keepingFolds(this.node, () => this.text.render(model));
    this.arrange();
    await drawn;
    if (!this.isDisposed) {
      this.arrange();
    }
  }

  dispose(): void {
    this.brancher.dispose();
    this.toolbar.dispose();
    this.shared.settings.changed.disconnect(this.refresh, this);
    super.dispose();
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
    this.arrange();
  }

  private arrange(): void {
    if (this.record) {
      sortBoxes(this.boxes(), this.record, this.order);
    }
    this.refresh();
  }

  /** Bring everything around the text into line with the state. */
  private refresh(): void {
    const { record } = this;
    const { enabled, defaultView } = this.shared.settings.composite;
    const active = enabled === true && record !== null;
    const chosen = this.view ?? (defaultView as View);
    const view = active ? chosen : 'rendered';
    this.toolbar.node.hidden = !active;
    this.tokens.node.hidden = view !== 'tokens';
    this.text.setHidden(view === 'tokens');
    if (!active) {
      this.brancher.close();
      return;
    }
    if (view === 'tokens' && !this.tokensAreDrawn) {
      this.brancher.close();
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
    const ask = () => this.brancher.questions().latex(this.rawRecord());
    this.toolbar.say(await copy(this.bundle, form, ask, this.shared.trans));
  }

  private rawRecord(): JSONObject {
    return this.bundle[MIME_TYPE] as JSONObject;
  }

  private bundle: Bundle = {};
  private record: GenerationRecord | null = null;
  private shown = '';
  private view: View | null = null;
  private order: SequenceOrder = 'written';
  private tokensAreDrawn = false;
  private readonly brancher: Brancher;
  private readonly text: StaticView;
  private readonly toolbar: Toolbar;
  private readonly tokens: TokenView;
}
