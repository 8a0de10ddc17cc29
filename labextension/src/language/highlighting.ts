/**
 * The text of a code cell in; while its first line is `%%galactica`, its language out.
 *
 * Everything that depends on the language (highlighting, indentation, comments, brackets) follows the
 * first line, since CodeMirror asks the language in force for it.
 */

import {
  defineLanguageFacet,
  indentNodeProp,
  language,
  Language,
  languageDataProp,
  syntaxHighlighting
} from '@codemirror/language';
import { EditorState, Extension, Prec, StateField } from '@codemirror/state';
import { Input, NodeType, Parser, PartialParse, Tree } from '@lezer/common';
import { GFM, parser } from '@lezer/markdown';

import { galacticaBlocks } from './blocks';
import { galacticaCode } from './code';
import { galacticaInline } from './inline';
import { isMagic } from './magic';
import { classes } from './tags';

// Empty: another language's own provider would list its entries a second time.
const facet = defineLanguageFacet();

export const galacticaParser = parser.configure([
  GFM,
  // They would take `<work>` for HTML, `---` for a heading and indented text for code.
  { remove: ['HTMLBlock', 'HTMLTag', 'SetextHeading', 'IndentedCode'] },
  galacticaBlocks,
  galacticaInline,
  galacticaCode,
  {
    props: [
      languageDataProp.add({ Document: facet }),
      indentNodeProp.add({ Document: () => null })
    ]
  }
]);

const galactica = new Language(facet, galacticaParser, [], 'galactica');

/** Prompts have no comments; a bracket often is a token's, and an apostrophe no quote. */
const DATA = { closeBrackets: { brackets: ['(', '{', '"', '`'] } };

class PlainParser extends Parser {
  createParse(
    _input: Input,
    _fragments: unknown,
    ranges: readonly { from: number; to: number }[]
  ): PartialParse {
    const { to } = ranges[ranges.length - 1];
    return {
      parsedPos: to,
      stoppedAt: null,
      stopAt: () => {},
      advance: () => new Tree(NodeType.none, [], [], to - ranges[0].from)
    };
  }
}

/** For editors without a language: CodeMirror fails where one goes and none is left. */
const plain = new Language(defineLanguageFacet(), new PlainParser());

/** Whether the cell is Galactica's. */
export const isGalactica = StateField.define<boolean>({
  create: state => isMagic(state.doc.line(1).text),
  update: (value, transaction) =>
    transaction.docChanged ? isMagic(transaction.newDoc.line(1).text) : value
});

/** What every cell needs, whether its language is shown or not. */
export const foundation: Extension = [
  isGalactica,
  Prec.lowest(language.of(plain))
];

/** The language of cells that are Galactica's; needs `foundation`. */
export const highlighting: Extension = [
  Prec.highest(
    language.computeN([isGalactica], state =>
      state.field(isGalactica) ? [galactica] : []
    )
  ),
  EditorState.languageData.of(state =>
    state.field(isGalactica) ? [DATA] : []
  ),
  syntaxHighlighting(classes)
];
