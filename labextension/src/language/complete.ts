/**
 * A cell and the cursor's place in; what could stand there out.
 *
 * As galai_jupyter/completion.py, the kernel's own completer, so that nothing is listed twice.
 */

import type { Option, Vocabulary } from '../protocol';

import { Candidate, flags } from './flags';
import { TOKEN_START } from './tokens';
import { findOption, PROMPT_GROUPS, Say } from './words';

export interface Completion {
  /** The word that is being typed. */
  fragment: string;
  candidates: Candidate[];
}

const MAGIC_LINE =
  /^\s*(?:[\p{L}_][\p{L}\p{N}_]*\s*=\s*)?%{1,2}galactica\s(.*)$/u;
const OWN_OPTIONS = ['load', 'replay', 'connect'];

/** Whether completion has anything to say about a place. */
export function concerns(cell: string, offset: number): boolean {
  const { before, inCell } = place(cell, offset);
  return inCell || MAGIC_LINE.test(before);
}

/** Complete the word before `offset`. */
export function complete(
  cell: string,
  offset: number,
  words: Vocabulary,
  say: Say
): Completion {
  const { before, inCell } = place(cell, offset);
  const magic = MAGIC_LINE.exec(before);
  if (!magic && !inCell) {
    return { fragment: '', candidates: [] };
  }
  const special = TOKEN_START.exec(before);
  if (special) {
    const tokens = plain(words.special_tokens, 'token');
    return starting(special[0], tokens);
  }
  if (!magic) {
    return { fragment: '', candidates: [] };
  }
  const line = magic[1].split(' ');
  return starting(line[line.length - 1], lineCandidates(line, words, say));
}

function place(cell: string, offset: number) {
  const before = cell.slice(cell.lastIndexOf('\n', offset - 1) + 1, offset);
  return { before, inCell: cell.startsWith('%%galactica') };
}

function starting(fragment: string, candidates: Candidate[]): Completion {
  const fitting = candidates.filter(({ text }) => text.startsWith(fragment));
  return { fragment, candidates: fitting };
}

function plain(texts: readonly string[], kind: string): Candidate[] {
  return texts.map(text => ({ text, kind, help: '' }));
}

function lineCandidates(
  line: string[],
  words: Vocabulary,
  say: Say
): Candidate[] {
  const fragment = line[line.length - 1];
  const previous = line[line.length - 2] ?? '';
  if (previous === 'load') {
    return plain(words.models, 'model');
  }
  const option = previous.startsWith('--') ? findOption(previous, words) : null;
  if (option && !option.negated) {
    const values = optionValues(option.option, fragment, words);
    if (values.length > 0) {
      return values;
    }
  }
  if (fragment.startsWith('--')) {
    const groups = OWN_OPTIONS.includes(line[0]) ? [line[0]] : PROMPT_GROUPS;
    return flags(
      words.options.filter(({ group }) => groups.includes(group)),
      say
    );
  }
  return line.length > 1
    ? []
    : [
        ...words.commands.map(({ name, usage, help }) => ({
          text: name,
          kind: 'command',
          help: `%galactica ${usage}: ${help}`
        })),
        ...Object.entries(words.shorthands).map(([text, options]) => ({
          text,
          kind: 'command',
          help: options
        }))
      ];
}

function optionValues(
  option: Option,
  fragment: string,
  words: Vocabulary
): Candidate[] {
  if (option.name === 'task') {
    return plain(words.tasks, 'task');
  }
  if (option.name === 'compare') {
    const before = fragment.slice(0, fragment.lastIndexOf(',') + 1);
    return plain(
      words.strategies.map(name => before + name),
      'decoding'
    );
  }
  return plain(option.choices, 'value');
}
