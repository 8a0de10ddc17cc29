/** A completion request of JupyterLab in, the words that fit out; works while the kernel is busy. */

import type {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider
} from '@jupyterlab/completer';

import { complete, concerns } from './complete';
import { isCodeCell } from './cells';
import { isMagic } from './magic';
import type { LabHost } from './labHost';

/** JupyterLab counts characters here, JavaScript units of UTF-16. */
function unitsOf(text: string, characters: number): number {
  return [...text].slice(0, characters).join('').length;
}

/** Completes what `%%galactica` cells and `%galactica` lines are made of. */
export class GalacticaProvider implements ICompletionProvider {
  constructor(private readonly host: LabHost) {}

  readonly identifier = 'CompletionProvider:galactica';
  /** Before the kernel, whose equal items JupyterLab then leaves out. */
  readonly rank = 600;
  readonly renderer = null;

  async isApplicable({
    editor,
    session
  }: ICompletionContext): Promise<boolean> {
    return (
      this.host.switches.completion &&
      !!session?.kernel &&
      !!editor &&
      isCodeCell(editor.model) &&
      concerns(
        editor.model.sharedModel.getSource(),
        editor.getOffsetAt(editor.getCursorPosition())
      )
    );
  }

  async fetch(
    { text, offset }: CompletionHandler.IRequest,
    { session }: ICompletionContext
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const nothing = { start: offset, end: offset, items: [] };
    const { kernels, say } = this.host;
    const kernel = session?.kernel;
    if (!kernel) {
      return nothing;
    }
    const firstLine = text.split('\n', 1)[0];
    const words =
      kernels.known(kernel) ??
      (isMagic(firstLine) ? await kernels.ask(kernel) : null);
    if (!words) {
      return nothing;
    }
    const found = complete(text, unitsOf(text, offset), words, say);
    // JupyterLab compares what is typed with escaped labels, and `<` is in none of them.
    const cut = found.fragment.startsWith('<') ? 1 : 0;
    return {
      start: offset - found.fragment.length + cut,
      end: offset,
      items: found.candidates.map(({ text, kind, help }) => ({
        label: text,
        insertText: text.slice(cut),
        type: kind,
        ...(help ? { documentation: help } : {})
      }))
    };
  }
}
