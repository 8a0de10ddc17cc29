/**
 * What a kernel is asked about a generation: branches, alternatives, LaTeX.
 */

import type { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import type { Kernel } from '@jupyterlab/services';

import { connect } from '../kernel';
import type { Translation } from '../translation';

import type { AddedOutput } from './place';
import { Alternative, readAlternatives } from './record';
import type { Place } from './tokenview';

/** The questions about one record. */
export class Questions {
  constructor(
    private readonly trans: Translation,
    private readonly kernel: Kernel.IKernelConnection | null
  ) {}

  /** Go on from another token; ends early when the output is gone. */
  async branch(
    record: JSONObject,
    place: Place,
    chosen: number | string,
    name: string,
    output: AddedOutput,
    signal: AbortSignal
  ): Promise<void> {
    const requests = await this.requests();
    const parameters = { record, ...place, chosen, name };
    for await (const bundle of requests.stream('branch', parameters, signal)) {
      if (!output.show(bundle as PartialJSONObject)) {
        return;
      }
    }
  }

  /** End a branch; what it has said is kept. */
  async stop(name: string): Promise<void> {
    await (await this.requests()).ask('stop_branch', { name });
  }

  async alternatives(record: JSONObject, place: Place): Promise<Alternative[]> {
    const requests = await this.requests();
    const found = await requests.ask('alternatives', { record, ...place });
    return readAlternatives(found) ?? [];
  }

  async latex(record: JSONObject): Promise<string> {
    return String(await (await this.requests()).ask('render', { record }));
  }

  private async requests() {
    if (!this.kernel) {
      throw new Error(
        this.trans.__(
          'This needs a kernel: start one, and run %load_ext galai_jupyter.'
        )
      );
    }
    return (await connect(this.kernel)).requests;
  }
}
