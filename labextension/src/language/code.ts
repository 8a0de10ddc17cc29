/**
 * The text of a code block or span in; what the kernel reads there as everywhere in a prompt out.
 *
 * Special tokens are tokens in code, too, and `{{expressions}}` are replaced: see prompts.py. All else
 * is plain, so that `*args` is no emphasis and `\(` no formula.
 */

import { Parser, parseMixed } from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';
import { MarkdownConfig, parser } from '@lezer/markdown';

import { longParagraph } from './blocks';
import { expression } from './inlineFormula';
import { galacticaNodes, specialToken, word } from './inline';

const MARKDOWN = [
  ...['LinkReference', 'IndentedCode', 'FencedCode', 'Blockquote'],
  ...['HorizontalRule', 'BulletList', 'OrderedList', 'ATXHeading'],
  ...['HTMLBlock', 'SetextHeading', 'Escape', 'Entity', 'InlineCode'],
  ...['HTMLTag', 'Emphasis', 'HardBreak', 'Link', 'Image', 'LinkEnd']
];

const code: Parser = parser.configure([
  { remove: MARKDOWN },
  {
    defineNodes: galacticaNodes,
    parseBlock: [longParagraph],
    parseInline: [specialToken, expression, word],
    props: [styleTags({ 'Paragraph Word TokenStart Escape': tags.monospace })]
  }
]);

export const galacticaCode: MarkdownConfig = {
  wrap: parseMixed(({ name, node }) => {
    if (name === 'CodeText') {
      return { parser: code };
    }
    const { firstChild, lastChild } = node;
    return name === 'InlineCode' && firstChild!.to < lastChild!.from
      ? {
          parser: code,
          overlay: [{ from: firstChild!.to, to: lastChild!.from }]
        }
      : null;
  })
};
