/** The text of a paragraph in; formulas and `{{expressions}}` in it out. */

import type { Element, InlineContext, InlineParser } from '@lezer/markdown';

import { closing, closingDollar } from './tex';

const DOLLAR = 36;
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

export const formula: InlineParser = {
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

export const expression: InlineParser = {
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
