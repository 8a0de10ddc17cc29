/** The first line of a cell and the kernel's vocabulary in; what the kernel would refuse out. */

import type { Option, Vocabulary } from '../protocol';

import { Part, splitMagic } from './magic';
import { Problem } from './problem';
import {
  didYouMean,
  findOption,
  isSwitch,
  PROMPT_GROUPS,
  range,
  Say
} from './words';

/** Return the problems of a first line. */
export function checkMagic(
  line: string,
  words: Vocabulary,
  say: Say
): Problem[] {
  const [magic, ...parts] = splitMagic(line, flag => isSwitch(flag, words));
  const first = parts[0]?.kind === 'word' ? parts[0] : null;
  const command = words.commands.find(each => each.name === first?.text);
  if (first && command) {
    return command.takes_cell
      ? []
      : [error(first, lineOfItsOwn(first.text, say))];
  }
  if (first && first.text in words.shorthands) {
    parts.shift();
  }
  const problems: Problem[] = [];
  parts.forEach((part, index) => {
    const value = parts.slice(index + 1).find(({ kind }) => kind !== 'equals');
    const message =
      part.kind === 'word'
        ? say(
            '“%1” is not an option: options go behind %%galactica, the prompt goes below.',
            part.text
          )
        : part.kind === 'option'
          ? checkFlag(part, value, parts[index + 1]?.kind, words, say)
          : null;
    if (typeof message === 'string') {
      problems.push(error(part, message));
    } else if (message) {
      problems.push(message);
    }
  });
  const end = parts.at(-1)?.to ?? magic.to;
  const rest = line.slice(end).trim();
  if (rest) {
    const from = line.length - line.slice(end).trimStart().length;
    problems.push(
      error(
        { from, to: from + rest.length },
        say('The quotes are not closed: close them.')
      )
    );
  }
  return problems;
}

function error(place: { from: number; to: number }, message: string): Problem {
  return { from: place.from, to: place.to, severity: 'error', message };
}

function lineOfItsOwn(name: string, say: Say): string {
  return say(
    '%galactica %1 is a line of its own: write it with one %, or “%%galactica --” for a prompt.',
    name
  );
}

/** Return what is wrong with a flag (a sentence) or with its value (a problem), if anything is. */
function checkFlag(
  flag: Part,
  value: Part | undefined,
  next: string | undefined,
  words: Vocabulary,
  say: Say
): string | Problem | null {
  const found = findOption(flag.text, words);
  if (!found) {
    const flags = words.options.map(option => option.flag);
    return (
      say('There is no option %1.', flag.text) +
      didYouMean(flag.text, flags, say)
    );
  }
  const { option } = found;
  if (!PROMPT_GROUPS.includes(option.group)) {
    return say(
      '%1 makes no sense here: it is a %2 option.',
      flag.text,
      option.group
    );
  }
  if (option.type === 'bool') {
    const negative = option.flag.replace('--', '--no-');
    return next === 'equals'
      ? say(
          '%1 takes no value: write %2 or %3.',
          flag.text,
          option.flag,
          negative
        )
      : null;
  }
  if (value?.kind !== 'value') {
    const allowed = range(option, say);
    return allowed
      ? say('%1 needs a value (%2).', option.flag, allowed)
      : say('%1 needs a value.', option.flag);
  }
  const message = checkValue(option, unquote(value.text), words, say);
  return message ? error(value, message) : null;
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1
    ? text.slice(1, -1)
    : text;
}

const WHOLE = /^[-+]?\d+(_\d+)*$/;
const NUMBER = /^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+)?$/i;

function checkValue(
  option: Option,
  text: string,
  words: Vocabulary,
  say: Say
): string | null {
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
