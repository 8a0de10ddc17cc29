/** The text of a paragraph in; special tokens, formulas and expressions in it out. */

import type {
  InlineContext,
  InlineParser,
  MarkdownConfig
} from '@lezer/markdown';
import { tags } from '@lezer/highlight';

import { expression, formula } from './inlineFormula';
import { own } from './tags';
import { anyToken, tokenHere } from './tokens';

const LESS = 60;
const BRACKET = 91;

/** `[START_REF]`, and the content of a reference or sequence up to the next token. */
export const specialToken: InlineParser = {
  name: 'SpecialToken',
  before: 'Link',
  parse(cx, next, pos) {
    if (next !== BRACKET && next !== LESS) {
      return -1;
    }
    const at = pos - cx.offset;
    const token = tokenHere();
    token.lastIndex = at;
    const found = token.exec(cx.text);
    if (!found) {
      return tokenStart(cx, pos);
    }
    const end = cx.addElement(
      cx.elt('SpecialToken', pos, pos + found[0].length)
    );
    const { edge, kind } = found.groups ?? {};
    if (edge !== 'START' || kind === 'SUP' || kind === 'SUB') {
      return end;
    }
    const following = anyToken();
    following.lastIndex = token.lastIndex;
    const stop = following.exec(cx.text)?.index ?? cx.text.length;
    if (stop === token.lastIndex) {
      return end;
    }
    const name = kind === 'REF' ? 'Reference' : 'Sequence';
    return cx.addElement(cx.elt(name, end, cx.offset + stop));
  }
};

/** A token that is being typed is a word, so that completion knows where it began. */
function tokenStart(cx: InlineContext, pos: number): number {
  const start = /(?:\[[A-Z_]*|<\/?[a-z]*)(?=\s|$)/y;
  start.lastIndex = pos - cx.offset;
  const found = start.exec(cx.text);
  return found
    ? cx.addElement(cx.elt('TokenStart', pos, pos + found[0].length))
    : -1;
}

/** Words are nodes, so that JupyterLab completes them from the rest of the cell. */
export const word: InlineParser = {
  name: 'Word',
  parse(cx, _, pos) {
    const letters = /[\p{L}\p{N}]+/uy;
    letters.lastIndex = pos - cx.offset;
    const found = letters.exec(cx.text);
    return found
      ? cx.addElement(cx.elt('Word', pos, pos + found[0].length))
      : -1;
  }
};

export const galacticaNodes: MarkdownConfig['defineNodes'] = [
  { name: 'SpecialToken', style: own.token },
  { name: 'Reference', style: own.reference },
  { name: 'Sequence', style: own.sequence },
  { name: 'Formula', style: { 'Formula/...': own.maths } },
  { name: 'FormulaMark', style: own.mathsMark },
  { name: 'TexCommand', style: tags.tagName },
  { name: 'TexBrace', style: tags.bracket },
  { name: 'Expression', style: { 'Expression/...': own.expression } },
  { name: 'ExpressionMark', style: own.expressionMark },
  { name: 'TokenStart' },
  { name: 'Word' }
];

export const galacticaInline: MarkdownConfig = {
  defineNodes: galacticaNodes,
  parseInline: [specialToken, expression, formula, word]
};
