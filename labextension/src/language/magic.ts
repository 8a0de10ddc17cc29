/**
 * The first line of a cell in, its words and what each of them is out.
 *
 * As galai_jupyter/flags.py and magic.py read it.
 */

export type PartKind =
  'magic' | 'target' | 'arrow' | 'word' | 'option' | 'equals' | 'value' | 'end';

/** A stretch of the line. */
export interface Part {
  kind: PartKind;
  text: string;
  from: number;
  to: number;
}

const MAGIC = /^%%galactica(?=\s|$)/;
const TARGET = /\s*([\p{L}_][\p{L}\p{N}_]*)\s*(<<)(?=\s|$)/uy;
const WORD = /\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+)/y;

/** Whether a line, as the first of a cell, makes the cell Galactica's. */
export function isMagic(line: string): boolean {
  return MAGIC.test(line);
}

/**
 * Split the first line of a Galactica cell.
 *
 * @param isSwitch - Whether an option, such as `--raw`, takes no value.
 * @returns What could be read; a part of kind `word` is no option. What stands behind quotes that are
 * not closed is left out.
 */
export function splitMagic(
  line: string,
  isSwitch: (flag: string) => boolean = () => false
): Part[] {
  const magic = MAGIC.exec(line);
  if (!magic) {
    return [];
  }
  const parts: Part[] = [];
  const add = (kind: PartKind, text: string, from: number) =>
    parts.push({ kind, text, from, to: from + text.length });
  add('magic', magic[0], 0);
  let position = magic[0].length;
  let awaiting = false;
  let targeted = false;
  let ended = false;
  for (;;) {
    TARGET.lastIndex = position;
    const target = targeted || awaiting || ended ? null : TARGET.exec(line);
    if (target) {
      const end = TARGET.lastIndex;
      add('target', target[1], line.indexOf(target[1], position));
      add('arrow', target[2], end - target[2].length);
      targeted = true;
      position = end;
      continue;
    }
    WORD.lastIndex = position;
    const found = WORD.exec(line);
    if (!found) {
      return parts;
    }
    const word = found[1];
    const from = WORD.lastIndex - word.length;
    position = WORD.lastIndex;
    if (awaiting) {
      add('value', word, from);
      awaiting = false;
    } else if (ended) {
      add('word', word, from);
    } else if (word === '--') {
      add('end', word, from);
      ended = true;
    } else if (/^--[A-Za-z]/.test(word)) {
      const equals = word.indexOf('=');
      const flag = equals < 0 ? word : word.slice(0, equals);
      add('option', flag, from);
      if (equals >= 0) {
        add('equals', '=', from + equals);
        add('value', word.slice(equals + 1), from + equals + 1);
      } else {
        awaiting = !isSwitch(flag) && !followedByOption(line, position);
      }
    } else {
      add('word', word, from);
    }
  }
}

function followedByOption(line: string, position: number): boolean {
  return /^\s+--[A-Za-z]/.test(line.slice(position));
}
