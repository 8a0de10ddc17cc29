/** Text in, where its formulas begin and end out. */

const CLOSERS: Record<string, string> = {
  '\\(': '\\)',
  '\\[': '\\]',
  $$: '$$'
};

/** An escaped character (`\\`, which is no delimiter, among them) or two dollars. */
const LEXEME = /\\[^]|\$\$/g;

const PROSE = /[A-Za-z]{2,}[,;.]?\s+[A-Za-z]{2,}/;

/** Return where the formula that `open` begins at `from` ends, or -1 if it is not closed. */
export function closing(text: string, open: string, from: number): number {
  const lexeme = new RegExp(LEXEME);
  lexeme.lastIndex = from + open.length;
  for (let found; (found = lexeme.exec(text));) {
    if (found[0] === CLOSERS[open]) {
      return lexeme.lastIndex;
    }
  }
  return -1;
}

/** Return the display formula that is open behind `text`, given the one that was open before it. */
export function openDisplay(text: string, open: string | null): string | null {
  for (const [lexeme] of text.matchAll(LEXEME)) {
    if (open) {
      open = lexeme === CLOSERS[open] ? null : open;
    } else if (lexeme === '\\[' || lexeme === '$$') {
      open = lexeme;
    }
  }
  return open;
}

/**
 * Return where `$…$` at `from` ends, or -1 if the dollar begins no formula.
 *
 * Pandoc's rule: no space inside the dollars, no digit behind them. Two prices with words in between
 * are no formula either.
 */
export function closingDollar(text: string, from: number): number {
  const formula =
    /\$(?![\s$])((?:[^$\\\n]|\\[^\n]|\n(?!\s*\n))*?[^\s$\\]|\\[^\n])\$(?![\d$])/y;
  formula.lastIndex = from;
  const found = formula.exec(text);
  if (!found || (/^\d/.test(found[1]) && PROSE.test(found[1]))) {
    return -1;
  }
  return formula.lastIndex;
}
