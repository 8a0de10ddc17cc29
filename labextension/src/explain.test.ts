import { expect, it } from 'vitest';

import { LostError, NotLoadedError, RefusedError } from './connection';
import { explain } from './explain';

/** Marks what went through it. */
const trans = { __: (text: string) => `«${text}»` };

it.each([
  [new NotLoadedError('internal'), /^«Run %load_ext galai_jupyter/],
  [new LostError('internal'), /^«The kernel closed/],
  [new RefusedError('shared'), /^«Another document/],
  [new RefusedError('answer'), /^«.*install the same/]
])('%o is a translated sentence', (error, said) => {
  expect(explain(error, trans)).toMatch(said);
});

it.each([
  [new RefusedError('kernel', 'Upgrade galai-jupyter.')],
  [new Error('A cell generates.')]
])('what the kernel says in %o stays as it is', error => {
  expect(explain(error, trans)).toBe(error.message);
});
