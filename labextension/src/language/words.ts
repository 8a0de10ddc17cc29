/** The kernel's vocabulary and a word of a cell in; what the word is, or may have meant, out. */

import type { Option, Vocabulary } from '../protocol';

/** Groups of options that make sense where a prompt is: those of galai_jupyter/magic.py. */
export const PROMPT_GROUPS = [
  'generation',
  'prompt',
  'cite',
  'display',
  'compare'
];

/** Return a translated sentence in which `%1`, `%2` … are replaced. */
export type Say = (text: string, ...values: string[]) => string;

/** An option behind a flag, and whether the flag is its `--no-` form. */
export interface Found {
  option: Option;
  negated: boolean;
}

/** Return the option that a flag spells; hyphens and underscores are the same. */
export function findOption(flag: string, words: Vocabulary): Found | null {
  const named = (key: string) =>
    words.options.find(option => option.name === key.replaceAll('-', '_'));
  const key = flag.slice(2);
  const negative = /^no[-_]/.test(key) ? named(key.slice(3)) : undefined;
  if (negative?.type === 'bool') {
    return { option: negative, negated: true };
  }
  const option = named(key);
  return option ? { option, negated: false } : null;
}

/** Return whether a flag takes no value. */
export function isSwitch(flag: string, words: Vocabulary): boolean {
  return findOption(flag, words)?.option.type === 'bool';
}

/** Return up to three of `known` that are close to `word`, the closest first. */
export function closeMatches(word: string, known: readonly string[]): string[] {
  return known
    .map(each => ({ each, ratio: similarity(each, word) }))
    .filter(({ ratio }) => ratio >= 0.6)
    .sort((a, b) => b.ratio - a.ratio || (a.each < b.each ? 1 : -1))
    .slice(0, 3)
    .map(({ each }) => each);
}

/** Return how much two words have in common, 0 to 1: Ratcliff and Obershelp, as Python's difflib. */
function similarity(a: string, b: string): number {
  return (2 * common(a, b)) / (a.length + b.length || 1);
}

function common(a: string, b: string): number {
  let [start, place, length] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let same = 0;
      while (i + same < a.length && a[i + same] === b[j + same]) {
        same++;
      }
      if (same > length) {
        [start, place, length] = [i, j, same];
      }
    }
  }
  return length === 0
    ? 0
    : length +
        common(a.slice(0, start), b.slice(0, place)) +
        common(a.slice(start + length), b.slice(place + length));
}

/** Return ` Did you mean …?`, or nothing where no known word is close. */
export function didYouMean(
  word: string,
  known: readonly string[],
  say: Say
): string {
  const matches = closeMatches(word, known);
  return matches.length > 0
    ? ` ${say('Did you mean %1?', matches.join(say(' or ')))}`
    : '';
}

/** Return the values that an option takes, in words. */
export function range(option: Option, say: Say): string {
  const { choices, minimum, maximum } = option;
  if (choices.length > 0) {
    return choices.join(', ');
  }
  if (minimum !== null && maximum !== null) {
    return say('%1 to %2', String(minimum), String(maximum));
  }
  if (maximum !== null) {
    return say('at most %1', String(maximum));
  }
  return minimum === null ? '' : say('at least %1', String(minimum));
}
