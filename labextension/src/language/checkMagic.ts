/** The first line of a cell and the kernel's vocabulary in; what the kernel would refuse out. */

import type { Vocabulary } from '../protocol';

import { Part, splitMagic } from './magic';
import { checkValue } from './checkValue';
import type { Problem } from './problem';
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
  const end = parts.at(-1)?.to ?? magic.to;
  const rest = line.slice(end).trim();
  const problems = rest ? [unclosed(line, end, say)] : [];
  parts.forEach((part, index) => {
    const following = parts[index + 1];
    if (part.kind === 'word') {
      problems.push(error(part, noOption(part.text, say)));
    } else if (part.kind === 'option' && (following || !rest)) {
      const value = following?.kind === 'equals' ? parts[index + 2] : following;
      const problem = checkOption(part, value, following, words, say);
      problems.push(...(problem ? [problem] : []));
    }
  });
  return problems;
}

function unclosed(line: string, end: number, say: Say): Problem {
  const from = line.length - line.slice(end).trimStart().length;
  const message = say('The quotes are not closed: close them.');
  return error({ from, to: line.trimEnd().length }, message);
}

function noOption(word: string, say: Say): string {
  return say(
    '“%1” is not an option: options go behind %%galactica, the prompt goes below.',
    word
  );
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

/** Return what is wrong with an option or with its value, if anything is. */
function checkOption(
  flag: Part,
  value: Part | undefined,
  following: Part | undefined,
  words: Vocabulary,
  say: Say
): Problem | null {
  const message = checkFlag(flag, value, following, words, say);
  if (message) {
    return error(flag, message);
  }
  const option = findOption(flag.text, words)?.option;
  if (!option || !value || option.type === 'bool') {
    return null;
  }
  const wrong = checkValue(option, value.text, words, say);
  return wrong ? error(value, wrong) : null;
}

function checkFlag(
  { text }: Part,
  value: Part | undefined,
  following: Part | undefined,
  words: Vocabulary,
  say: Say
): string | null {
  const option = findOption(text, words)?.option;
  if (!option) {
    const flags = words.options.map(({ flag }) => flag);
    return say('There is no option %1.', text) + didYouMean(text, flags, say);
  }
  if (!PROMPT_GROUPS.includes(option.group)) {
    return say(
      '%1 makes no sense here: it is a %2 option.',
      text,
      option.group
    );
  }
  const { flag } = option;
  if (option.type === 'bool') {
    const negative = flag.replace('--', '--no-');
    return following?.kind === 'equals'
      ? say('%1 takes no value: write %2 or %3.', text, flag, negative)
      : null;
  }
  if (value?.kind === 'value') {
    return null;
  }
  const allowed = range(option, say);
  return allowed
    ? say('%1 needs a value (%2).', flag, allowed)
    : say('%1 needs a value.', flag);
}
