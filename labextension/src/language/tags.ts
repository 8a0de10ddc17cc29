/** What a syntax node means in, how it looks out: JupyterLab's own colours and a few classes. */

import { Tag, tagHighlighter, tags } from '@lezer/highlight';

/** Galactica's own tags; each falls back to one that JupyterLab's themes colour. */
export const own = {
  token: Tag.define(tags.keyword),
  reference: Tag.define(tags.quote),
  sequence: Tag.define(tags.number),
  maths: Tag.define(tags.labelName),
  mathsMark: Tag.define(tags.meta),
  expression: Tag.define(tags.self),
  expressionMark: Tag.define(tags.meta)
};

/** Classes for style/language.css. */
export const classes = tagHighlighter([
  { tag: own.token, class: 'galai-token' },
  { tag: own.reference, class: 'galai-reference' },
  { tag: own.sequence, class: 'galai-sequence' },
  { tag: own.maths, class: 'galai-maths' },
  { tag: own.expression, class: 'galai-expression' }
]);
