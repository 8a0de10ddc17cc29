/** A model in; the side panel that shows its widgets, or says why there are none, out. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';

import { explain } from '../explain';

import { panelIcon } from './icon';
import type { PanelModel } from './model';
import { Notice, notice } from './notice';
import type { State } from './state';

const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

/** The side panel; there is a panel in the kernel while it can be seen. */
export class SidePanel extends Widget {
  constructor(
    private readonly _model: PanelModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.id = 'galai-side-panel';
    this.addClass('galai-SidePanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _trans.__('Galactica'));
    this.title.icon = panelIcon;
    this.title.caption = _trans.__('Galactica');
    this._parts = this.layout = new PanelLayout();
    this._parts.addWidget(this._notice);
    _model.changed.connect((_, state) => this._draw(state));
    this._draw(_model.state);
  }

  /** Emitted when the panel can be seen, and when it no longer can. */
  get seen(): ISignal<this, boolean> {
    return this._seen;
  }

  protected onAfterShow(): void {
    this._model.start();
    this._seen.emit(true);
  }

  protected onAfterHide(): void {
    this._model.stop();
    this._seen.emit(false);
  }

  protected onAfterAttach(): void {
    if (this.isVisible) {
      this._model.start();
    }
  }

  protected onBeforeDetach(): void {
    this._model.stop();
  }

  private _draw(state: State): void {
    this._content?.dispose();
    this._content = null;
    const rendermime = this._model.notebook?.content.rendermime;
    if (state.kind === 'open' && rendermime) {
      if (!rendermime.mimeTypes.includes(WIDGET_VIEW)) {
        return this._draw({ kind: 'noWidgets' });
      }
      this._content = this._render(rendermime, state.modelId);
      this._parts.addWidget(this._content);
    }
    const words = notice(state, this._trans);
    this._notice.setHidden(words === null);
    this._notice.node.replaceChildren(...(words ? this._say(words) : []));
  }

  private _render(rendermime: IRenderMimeRegistry, modelId: string): Widget {
    const view = { model_id: modelId, version_major: 2, version_minor: 0 };
    const renderer = rendermime.createRenderer(WIDGET_VIEW);
    const bundle = rendermime.createModel({ data: { [WIDGET_VIEW]: view } });
    renderer.renderModel(bundle).catch(error => {
      if (renderer === this._content) {
        this._draw({ kind: 'failed', message: explain(error, this._trans) });
      }
    });
    return renderer;
  }

  private _say({ text, code, then, button }: Notice): HTMLElement[] {
    const nodes = [element('p', text)];
    if (code) {
      const block = element('pre');
      block.append(element('code', code));
      nodes.push(block);
    }
    if (then) {
      nodes.push(element('p', then));
    }
    if (button) {
      const node = element('button', button.label);
      node.className = 'jp-mod-styled jp-mod-accept';
      node.addEventListener('click', () => this._model.act(button.action));
      nodes.push(node);
    }
    return nodes;
  }

  private readonly _seen = new Signal<this, boolean>(this);
  private readonly _parts: PanelLayout;
  private readonly _notice = new Widget({ node: noticeNode() });
  private _content: Widget | null = null;
}

function noticeNode(): HTMLElement {
  const node = element('div');
  node.className = 'galai-SidePanel-notice';
  node.setAttribute('role', 'status');
  return node;
}

function element(name: string, text = ''): HTMLElement {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}
