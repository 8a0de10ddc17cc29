/**
 * An output's widget in; its kernel, and a place for more outputs below it, out.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { IOutputAreaModel, OutputArea } from '@jupyterlab/outputarea';
import type { IOutputModel } from '@jupyterlab/rendermime';
import type { Kernel } from '@jupyterlab/services';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

/** Where an output stands. */
export interface OutputPlace {
  kernel: Kernel.IKernelConnection | null;
  area: OutputArea;
}

/** Find where an output stands; null where it is not in a notebook or console. */
export function placeOf(
  output: Widget,
  notebooks: INotebookTracker | null
): OutputPlace | null {
  let area: OutputArea | null = null;
  let context: ISessionContext | null = null;
  for (let widget = output.parent; widget && !context; widget = widget.parent) {
    if (!area && widget instanceof OutputArea) {
      area = widget;
    }
    context =
      (widget as { sessionContext?: ISessionContext }).sessionContext ?? null;
  }
  if (!area) {
    return null;
  }
  // A view of the output in a tab of its own belongs to the notebook that has the same model.
  context ??= notebookOf(area.model, notebooks);
  return { area, kernel: context?.session?.kernel ?? null };
}

function notebookOf(
  model: IOutputAreaModel,
  notebooks: INotebookTracker | null
): ISessionContext | null {
  const panel = notebooks?.find(each =>
    each.content.widgets.some(
      cell => (cell.model as { outputs?: IOutputAreaModel }).outputs === model
    )
  );
  return panel?.sessionContext ?? null;
}

/** One more output at the end of an area; it is part of the notebook like any other. */
export class AddedOutput {
  constructor(
    private readonly area: OutputArea,
    private readonly onFirst: () => void
  ) {}

  /**
   * Show a MIME bundle in place of the one before.
   *
   * @returns false when the output is no longer there, since the cell was run again or cleared.
   */
  show(data: PartialJSONObject): boolean {
    const model = this.area.model;
    const output = { output_type: 'display_data', data, metadata: {} };
    if (model.isDisposed) {
      return false;
    }
    if (!this.item) {
      this.item = model.get(model.add(output) - 1);
      const added = this.area.widgets[this.area.widgets.length - 1];
      added?.node.scrollIntoView({ block: 'nearest' });
      this.onFirst();
      return true;
    }
    for (let index = 0; index < model.length; index++) {
      if (model.get(index) === this.item) {
        model.set(index, output);
        this.item = model.get(index);
        return true;
      }
    }
    return false;
  }

  private item: IOutputModel | null = null;
}
