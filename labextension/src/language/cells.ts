import type { CodeEditor } from '@jupyterlab/codeeditor';

/** Whether an editor is that of a code cell, in a notebook or console; not a file or a text cell. */
export function isCodeCell(model: CodeEditor.IModel): boolean {
  return (model as { type?: string }).type === 'code';
}
