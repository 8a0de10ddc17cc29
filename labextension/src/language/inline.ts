/** The text of a paragraph in; special tokens, formulas and expressions in it out. */

import type {
  Element,
  InlineContext,
  InlineParser,
  MarkdownConfig
} from '@lezer/markdown';
import { tags } from '@lezer/highlight';

import { own } from './tags';
import { closing, closingDollar } from './tex';
import { anyToken, tokenHere } from './tokens';

const DOLLAR = 36;
const LESS = 60;
const BRACKET = 91;
const BACKSLASH = 92;
const BRACE = 123;

const EXPRESSION = /\{\{(?:(?!\}\})[^])*\}\}/y;
const TEX = /\\[A-Za-z]+|\\[^]|[{}]/g;
const TEX_OR_EXPRESSION = new RegExp(`${EXPRESSION.source}|${TEX.source}`, 'g');

/** Delimiters that are not closed in a paragraph: nobody looks for their end twice. */
const hopeless = new WeakMap<InlineContext, Set<string>>();

function lookFor(cx: InlineContext, what: string, find: () => number): number {
  const known = hopeless.get(cx) ?? new Set();
  hopeless.set(cx, known);
  const end = known.has(what) ? -1 : find();
  if (end < 0) {
    known.add(what);
  }
  return end;
}

/** `[START_REF]`, and the content of a reference or sequence up to the next token. */
const specialToken: InlineParser = {
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

const formula: InlineParser = {
  name: 'Formula',
  before: 'Escape',
  parse(cx, next, pos) {
    const at = pos - cx.offset;
    if (next === DOLLAR && cx.text[at + 1] !== '$') {
      const end = closingDollar(cx.text, at);
      return end < 0 ? -1 : addFormula(cx, at, end, 1, 1);
    }
    const open = cx.text.slice(at, at + 2);
    if (open !== '$$' && open !== '\\(' && open !== '\\[') {
      return -1;
    }
    const end = lookFor(cx, open, () => closing(cx.text, open, at));
    if (end >= 0) {
      return addFormula(cx, at, end, 2, 2);
    }
    // What the model is to complete: `… is given by:\n\n\[`.
    return open === '\\('
      ? cx.addElement(cx.elt('FormulaMark', pos, pos + 2))
      : addFormula(cx, at, cx.text.length, 2, 0);
  }
};

function addFormula(
  cx: InlineContext,
  from: number,
  to: number,
  opening: number,
  end: number
): number {
  const place = cx.offset + from;
  const last = cx.offset + to;
  const children: Element[] = [cx.elt('FormulaMark', place, place + opening)];
  for (const found of cx.text
    .slice(from + opening, to - end)
    .matchAll(TEX_OR_EXPRESSION)) {
    const start = place + opening + found.index;
    children.push(part(cx, found[0], start));
  }
  if (end) {
    children.push(cx.elt('FormulaMark', last - end, last));
  }
  return cx.addElement(cx.elt('Formula', place, last, children));
}

function part(cx: InlineContext, text: string, from: number): Element {
  if (text.startsWith('{{')) {
    return expressionAt(cx, from, from + text.length);
  }
  const name = text.startsWith('\\') ? 'TexCommand' : 'TexBrace';
  return cx.elt(name, from, from + text.length);
}

const expression: InlineParser = {
  name: 'Expression',
  before: 'Escape',
  parse(cx, next, pos) {
    const at = pos - cx.offset;
    if (next === BACKSLASH && cx.text.startsWith('\\{{', at)) {
      return cx.addElement(cx.elt('Escape', pos, pos + 3));
    }
    if (next !== BRACE || cx.text[at + 1] !== '{') {
      return -1;
    }
    const end = lookFor(cx, '{{', () => {
      EXPRESSION.lastIndex = at;
      return EXPRESSION.test(cx.text) ? EXPRESSION.lastIndex : -1;
    });
    return end < 0 ? -1 : cx.addElement(expressionAt(cx, pos, cx.offset + end));
  }
};

function expressionAt(cx: InlineContext, from: number, to: number): Element {
  return cx.elt('Expression', from, to, [
    cx.elt('ExpressionMark', from, from + 2),
    cx.elt('ExpressionMark', to - 2, to)
  ]);
}

/** Words are nodes, so that JupyterLab completes them from the rest of the cell. */
const word: InlineParser = {
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

export const galacticaInline: MarkdownConfig = {
  defineNodes: [
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
  ],
  parseInline: [specialToken, expression, formula, word]
};
