/**
 * A notebook's cells and the cursor in; what is to be suggested there out.
 *
 * Knows neither JupyterLab nor the DOM.
 */

import type { Context, Settings } from './settings';

export interface CellText {
  type: string;
  source: string;
}

export type Kind = 'continuation' | 'citation';

/** A cursor, and what can be suggested there. */
export interface Place {
  kind: Kind;
  /** The text that the model reads, up to the cursor; a reference that is open there stays so. */
  text: string;
  /** What stands before the cell. */
  before: string;
  /** Whether the cell is a prompt: Galactica's own tokens belong there. */
  isPrompt: boolean;
  /** The source up to the cursor. */
  written: string;
  /** The part of the source that a citation takes the place of, as offsets. */
  mark: { start: number; end: number } | null;
}

const START_REF = '[START_REF]';
const END_REF = '[END_REF]';
const PANDOC_MARK = /\[@[^\]\s[]*$/;
const PROMPT_CELL = /^%%galactica\b/;

/**
 * Return what can be suggested at a cursor, or null where nothing can.
 *
 * @param cells - The notebook's cells.
 * @param active - The number of the cell with the cursor.
 * @param cursor - Its offset in the cell's source.
 * @param context - What the model reads besides the cell.
 * @param kind - What was asked for; by default a citation where one is open, else a continuation.
 */
export function findPlace(
  cells: readonly CellText[],
  active: number,
  cursor: number,
  context: Context,
  kind?: Kind
): Place | null {
  const cell = cells[active];
  const written = cell?.source.slice(0, cursor) ?? '';
  const isPrompt = cell?.type === 'code' && PROMPT_CELL.test(cell.source);
  if (isPrompt ? !written.includes('\n') : cell?.type !== 'markdown') {
    return null;
  }
  const body = isPrompt ? written.indexOf('\n') + 1 : 0;
  const reference = openReference(written);
  const pandoc = isPrompt ? null : PANDOC_MARK.exec(written);
  let mark: Place['mark'] = null;
  let text = written.slice(body);
  if (kind !== 'continuation' && reference !== null && reference >= body) {
    // A prompt keeps its token; elsewhere the citation takes the place of all.
    const start = isPrompt ? reference + START_REF.length : reference;
    mark = { start, end: cursor };
  } else if (kind !== 'continuation' && pandoc) {
    const closed = cell.source[cursor] === ']';
    mark = { start: pandoc.index, end: cursor + (closed ? 1 : 0) };
    text = written.slice(0, pandoc.index);
  }
  return {
    kind: kind ?? (mark ? 'citation' : 'continuation'),
    text,
    before: isPrompt ? '' : textBefore(cells.slice(0, active), context),
    isPrompt,
    written,
    mark
  };
}

/** Return whether typing alone, as the settings have it, asks for a suggestion here. */
export function wantedWhileTyping(place: Place, settings: Settings): boolean {
  if (place.kind === 'continuation') {
    return settings.automatic;
  }
  const justOpened = /(\[START_REF\] ?|\[@)$/.test(place.written);
  return settings.automatic || (settings.citeAfterMark && justOpened);
}

/** Return where the reference begins that is open at the end of a text, or null. */
function openReference(text: string): number | null {
  const start = text.lastIndexOf(START_REF);
  const isOpen = start >= 0 && start > text.lastIndexOf(END_REF);
  return isOpen && !text.slice(start).includes('\n') ? start : null;
}

/** Return what a reader has read before a cell, as Markdown. */
function textBefore(cells: readonly CellText[], context: Context): string {
  const texts = cells
    .filter(cell => cell.type === 'markdown')
    .map(cell => cell.source.trim());
  switch (context) {
    case 'cell':
      return '';
    case 'headings':
      return headingsAbove(texts.join('\n\n')).join('\n\n');
    case 'cells':
      return texts.filter(text => text).join('\n\n');
  }
}

/** Return the headings under which the end of a text stands, the outermost first. */
function headingsAbove(text: string): string[] {
  let found: { level: number; line: string }[] = [];
  let fence = '';
  for (const line of text.split('\n')) {
    const bar = /^ {0,3}(```|~~~)/.exec(line)?.[1];
    if (bar && (!fence || fence === bar)) {
      fence = fence ? '' : bar;
    }
    const level = fence ? 0 : (/^(#{1,6})\s/.exec(line)?.[1].length ?? 0);
    if (level) {
      found = [...found.filter(each => each.level < level), { level, line }];
    }
  }
  return found.map(each => each.line);
}
