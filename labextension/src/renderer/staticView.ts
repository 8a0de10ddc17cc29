/** The MIME bundle of a generation in; what JupyterLab would show without this extension out. */

import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { PartialJSONObject } from '@lumino/coreutils';
import { type Panel, Widget } from '@lumino/widgets';

import { make } from './dom';
import { MIME_TYPE, readRecord } from './record';

/** Shows bundles with JupyterLab's own renderers, sanitised where the notebook is not trusted. */
export class StaticView {
  /** @param host - Where it is shown, last. */
  constructor(
    private readonly host: Panel,
    private readonly options: IRenderMime.IRendererOptions,
    private readonly rendermime: IRenderMimeRegistry
  ) {}

  setHidden(hidden: boolean): void {
    this.inner?.setHidden(hidden);
  }

  /** Show a bundle, in place of the one before. */
  async render(model: IRenderMime.IMimeModel): Promise<void> {
    const rest = { ...(model.data as PartialJSONObject) };
    delete rest[MIME_TYPE];
    const mimeType = this.rendermime.preferredMimeType(
      rest,
      model.trusted ? 'any' : 'ensure'
    );
    if (!this.inner || mimeType !== this.mimeType) {
      this.inner?.dispose();
      const factory = mimeType && this.rendermime.getFactory(mimeType);
      this.inner = factory
        ? factory.createRenderer({ ...this.options, mimeType })
        : new PlainText();
      this.mimeType = mimeType;
      this.host.addWidget(this.inner);
    }
    await this.inner.renderModel(model);
  }

  private inner: IRenderMime.IRenderer | null = null;
  private mimeType: string | undefined;
}

/** Shows the texts of a record that came without any other form. */
class PlainText extends Widget implements IRenderMime.IRenderer {
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const record = readRecord(model.data[MIME_TYPE]);
    const texts = record?.sequences.map(each => each.text) ?? [];
    this.node.replaceChildren(make('pre', {}, texts.join('\n\n')));
  }
}
