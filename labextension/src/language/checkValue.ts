/** The value of an option in, why the kernel would refuse it out. */

import type { Option, Vocabulary } from '../protocol';

import { didYouMean, range, Say } from './words';

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1
    ? text.slice(1, -1)
    : text;
}

const WHOLE = /^[-+]?\d+(_\d+)*$/;
const NUMBER = /^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+)?$/i;

/** Return what is wrong with the value of an option as it was written, in one sentence. */
export function checkValue(
  option: Option,
  written: string,
  words: Vocabulary,
  say: Say
): string | null {
  const text = unquote(written);
  if (option.name === 'task') {
    const task = text.replaceAll('_', '-');
    return words.tasks.includes(task)
      ? null
      : say('There is no task %1.', text) + didYouMean(task, words.tasks, say);
  }
  if (option.name === 'compare') {
    return checkDecodings(text, words, say);
  }
  if (option.type !== 'str') {
    const whole = option.type === 'int';
    if (!(whole ? WHOLE : NUMBER).test(text)) {
      return whole
        ? say('%1 takes a whole number, not “%2”.', option.flag, text)
        : say('%1 takes a number, not “%2”.', option.flag, text);
    }
    const value = Number(text.replaceAll('_', ''));
    const { minimum, maximum } = option;
    const inside =
      value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity);
    return inside
      ? null
      : say('%1 must be %2, not %3.', option.flag, range(option, say), text);
  }
  return option.choices.length === 0 || option.choices.includes(text)
    ? null
    : say(
        '%1 must be one of %2, not “%3”.',
        option.flag,
        range(option, say),
        text
      ) + didYouMean(text, option.choices, say);
}

function checkDecodings(
  text: string,
  words: Vocabulary,
  say: Say
): string | null {
  for (const decoding of text.split(',')) {
    const name = decoding.trim().split(':')[0];
    const known = name.toLowerCase().replaceAll('_', '-');
    if (name && !words.strategies.includes(known)) {
      return (
        say('There is no decoding %1.', name) +
        (didYouMean(known, words.strategies, say) ||
          ` ${say('There are %1.', words.strategies.join(', '))}`)
      );
    }
  }
  return null;
}
