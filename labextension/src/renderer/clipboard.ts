/** A MIME bundle in, its text on the clipboard, and a word about how that went, out. */

import { Clipboard } from '@jupyterlab/apputils';

import { explain } from '../explain';
import type { Translation } from '../translation';

import { Form, formOf } from './copying';

/**
 * Copy a generation.
 *
 * @param askLatex - Asks the kernel for LaTeX, which bundles do not hold.
 * @returns What a person is told.
 */
export async function copy(
  bundle: Readonly<Record<string, unknown>>,
  form: Form,
  askLatex: () => Promise<string>,
  trans: Translation
): Promise<string> {
  let text = formOf(bundle, form);
  let said = trans.__('Copied.');
  if (!text && form === 'latex') {
    try {
      text = await askLatex();
    } catch (error) {
      text = formOf(bundle, 'markdown');
      said = trans.__('Copied as Markdown: %1', explain(error, trans));
    }
  }
  if (!text) {
    return trans.__('This output has no such form.');
  }
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    Clipboard.copyToSystem(text); // where the page is not allowed to, or not secure
  }
  return said;
}
