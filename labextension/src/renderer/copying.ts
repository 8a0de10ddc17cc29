/**
 * A MIME bundle in, its text in one form or another out.
 */

export type Form = 'text' | 'markdown' | 'latex';

/** Return what of a bundle can be copied without a kernel; `""` where it has no such form. */
export function formOf(
  bundle: Readonly<Record<string, unknown>>,
  form: Form
): string {
  switch (form) {
    case 'text':
      return textOf(bundle['text/plain']);
    case 'markdown':
      return withoutFooter(textOf(bundle['text/markdown']));
    case 'latex':
      return textOf(bundle['text/latex']);
  }
}

/** Return Markdown without its last line, which tells model and speed. */
function withoutFooter(markdown: string): string {
  return markdown.replace(/\n\n---\n\n[^\n]*\n*$/, '\n');
}

/** A notebook file may hold lines. */
function textOf(value: unknown): string {
  return Array.isArray(value)
    ? value.join('')
    : typeof value === 'string'
      ? value
      : '';
}
