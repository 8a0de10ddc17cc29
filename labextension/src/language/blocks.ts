/** The lines of a cell in; its first line and formulas of several lines, as blocks, out. */

import type { BlockContext, BlockParser, Line } from '@lezer/markdown';
import type { Element, MarkdownConfig } from '@lezer/markdown';
import { Tag, tags } from '@lezer/highlight';

import { isMagic, Part, PartKind, splitMagic } from './magic';
import { openDisplay } from './tex';

const NODES: Record<PartKind, [name: string, style: Tag]> = {
  magic: ['MagicName', tags.keyword],
  target: ['MagicTarget', tags.definition(tags.name)],
  arrow: ['MagicArrow', tags.operator],
  word: ['MagicWord', tags.standard(tags.variableName)],
  option: ['MagicOption', tags.attributeName],
  equals: ['MagicEquals', tags.operator],
  value: ['MagicValue', tags.string],
  end: ['MagicEnd', tags.operator]
};

const magicLine: BlockParser = {
  name: 'MagicLine',
  before: 'LinkReference',
  parse(cx, line) {
    if (cx.lineStart > 0 || !isMagic(line.text)) {
      return false;
    }
    const elements: Element[] = [];
    let end = 0;
    for (const part of splitMagic(line.text)) {
      if (part.from > end) {
        elements.push(cx.elt('MagicSpace', end, part.from));
      }
      elements.push(cx.elt(nodeName(part), part.from, part.to));
      end = part.to;
    }
    const to = line.text.length;
    if (to > end) {
      elements.push(cx.elt('MagicSpace', end, to));
    }
    cx.nextLine();
    cx.addElement(cx.elt('MagicLine', 0, to, elements));
    return true;
  }
};

function nodeName({ kind, text }: Part): string {
  const number = kind === 'value' && /^[-+]?[\d.]/.test(text);
  return number ? 'MagicNumber' : NODES[kind][0];
}

/** Whether a formula of several lines begins on this one; inside of lists and quotes none does. */
function beginsFormula(cx: BlockContext, line: Line): boolean {
  const text = line.text;
  return (
    cx.depth === 1 &&
    (text.includes('\\[') || text.includes('$$')) &&
    openDisplay(text.replace(/`[^`]*`/g, ''), null) !== null
  );
}

/**
 * A paragraph that holds a formula of several lines, whose `+ x` is no list and `= y` no heading.
 *
 * It ends with the line that closes the formula, or before a blank line.
 */
const formulaParagraph: BlockParser = {
  name: 'FormulaParagraph',
  parse(cx, line) {
    if (!beginsFormula(cx, line)) {
      return false;
    }
    const from = cx.lineStart + line.pos;
    let text = line.text.slice(line.pos);
    let open = openDisplay(text.replace(/`[^`]*`/g, ''), null);
    while (cx.nextLine() && line.pos < line.text.length && open) {
      text += `\n${line.text}`;
      open = openDisplay(line.text, open);
    }
    const content = cx.parser.parseInline(text, from);
    cx.addElement(cx.elt('Paragraph', from, from + text.length, content));
    return true;
  },
  endLeaf: (cx, line) => beginsFormula(cx, line)
};

const LONGEST_PARAGRAPH = 50;

/** Cuts very long paragraphs, which are parsed as a whole at each key: in lines, so cuts stay put. */
export const longParagraph: BlockParser = {
  name: 'LongParagraph',
  endLeaf: (_, __, leaf) => leaf.content.split('\n').length >= LONGEST_PARAGRAPH
};

export const galacticaBlocks: MarkdownConfig = {
  defineNodes: [
    { name: 'MagicLine', block: true },
    { name: 'MagicSpace' },
    { name: 'MagicNumber', style: tags.number },
    ...Object.values(NODES).map(([name, style]) => ({ name, style }))
  ],
  parseBlock: [magicLine, formulaParagraph, longParagraph]
};
