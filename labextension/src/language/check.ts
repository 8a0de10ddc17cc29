/** A Galactica cell in; its problems, in the order of the text, out. */

import type { Vocabulary } from '../protocol';

import { checkMagic } from './checkMagic';
import {
  checkExpressions,
  checkFormulas,
  checkNames,
  checkTokens
} from './checkText';
import { splitMagic } from './magic';
import type { Problem } from './problem';
import { didYouMean, Say } from './words';

/**
 * Return what is wrong with a cell.
 *
 * @param words - What the kernel knows; null if it did not say, and then nothing is called unknown.
 */
export function check(
  cell: string,
  words: Vocabulary | null,
  say: Say
): Problem[] {
  const end = cell.indexOf('\n');
  const line = end < 0 ? cell : cell.slice(0, end);
  const text = end < 0 ? '' : cell.slice(end);
  const raw = splitMagic(line).some(
    part => part.kind === 'option' && part.text === '--raw'
  );
  const below = [
    ...checkTokens(text, say),
    ...checkFormulas(text, say),
    ...(raw ? [] : checkExpressions(text, say)),
    ...(words
      ? checkNames(
          text,
          words.special_tokens,
          token => didYouMean(token, words.special_tokens, say),
          say
        )
      : [])
  ].map(problem => ({
    ...problem,
    from: problem.from + line.length,
    to: problem.to + line.length
  }));
  return [...(words ? checkMagic(line, words, say) : []), ...below].sort(
    (a, b) => a.from - b.from || a.to - b.to
  );
}
