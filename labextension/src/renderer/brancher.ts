/**
 * A token that somebody chose in; its alternatives, and a branch as one more output, out.
 */

import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { explain } from '../explain';

import { AlternativesView } from './alternatives';
import { AddedOutput, placeOf } from './place';
import { Popover } from './popover';
import { Questions } from './questions';
import type { GenerationRecord } from './record';
import type { Place } from './tokenview';
import type { Toolbar } from './toolbar';

/** What all renderers of a page share. */
export interface Environment {
  rendermime: IRenderMimeRegistry;
  notebooks: INotebookTracker | null;
  settings: ISettingRegistry.ISettings;
  trans: TranslationBundle;
}

/** Branches of one output, one after the other. */
export class Brancher {
  constructor(
    private readonly output: Widget,
    private readonly shared: Environment,
    private readonly say: Toolbar['say']
  ) {}

  /** Offer the alternatives of a token; `raw` is the record as the kernel reads it. */
  choose(
    record: GenerationRecord,
    raw: JSONObject,
    place: Place,
    token: HTMLElement
  ): void {
    const { trans } = this.shared;
    const chosen = record.sequences[place.sequence]?.tokens[place.place - 1];
    if (!chosen) {
      return;
    }
    const view = new AlternativesView(trans, chosen, place.place, {
      branch: words => void this.branch(raw, place, words),
      ask: () => this.questions().alternatives(raw, place),
      resized: () => this.popover.place()
    });
    this.popover.open(token, trans.__('Alternatives'), view.node);
  }

  /** End the branch that grows; its text is kept. */
  stop(): void {
    this.questions()
      .stop(this.running)
      .catch(error => this.fail(error));
  }

  /** What the kernel of this output can be asked. */
  questions(): Questions {
    const kernel = placeOf(this.output, this.shared.notebooks)?.kernel ?? null;
    return new Questions(this.shared.trans, kernel);
  }

  close(): void {
    this.popover.close(false);
  }

  dispose(): void {
    this.close();
    this.aborting.abort();
  }

  private async branch(
    raw: JSONObject,
    place: Place,
    chosen: number | string
  ): Promise<void> {
    const { trans } = this.shared;
    this.popover.close();
    if (this.running) {
      this.say(trans.__('Another branch grows: stop it first.'), 'running');
      return;
    }
    const found = placeOf(this.output, this.shared.notebooks);
    if (!found) {
      this.say(trans.__('Only an output of a notebook can branch.'), 'problem');
      return;
    }
    const name = (this.running =
      crypto.randomUUID?.() ?? String(Math.random()));
    const added = new AddedOutput(found.area, () =>
      this.say(trans.__('A branch grows below…'), 'running')
    );
    this.say(trans.__('Waiting for the model…'), 'running');
    try {
      const { signal } = this.aborting;
      await this.questions().branch(raw, place, chosen, name, added, signal);
      this.say(trans.__('The branch is the last output of this cell.'));
    } catch (error) {
      this.fail(error);
    } finally {
      this.running = '';
    }
  }

  private fail(error: unknown): void {
    this.say(explain(error, this.shared.trans), 'problem');
  }

  private running = '';
  private readonly aborting = new AbortController();
  private readonly popover = new Popover();
}
