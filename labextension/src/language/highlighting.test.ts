import {
  ensureSyntaxTree,
  getIndentation,
  indentNodeProp,
  Language,
  language,
  languageDataProp,
  defineLanguageFacet
} from '@codemirror/language';
import { EditorState, Extension } from '@codemirror/state';
import type { Tree } from '@lezer/common';
import { highlightTree } from '@lezer/highlight';
import { parser } from '@lezer/markdown';
import { describe, expect, it } from 'vitest';

import { foundation, galacticaParser, highlighting } from './highlighting';
import { classes } from './tags';

/** Return the nodes of a cell below its first line, words left out, as `Name text`. */
function nodes(text: string, body = true): string[] {
  const cell = body ? `%%galactica\n${text}` : text;
  const found: string[] = [];
  galacticaParser.parse(cell).iterate({
    enter: ({ name, from, to }) => {
      if (!['Document', 'MagicLine', 'MagicName', 'Word'].includes(name)) {
        found.push(`${name} ${cell.slice(from, to)}`);
      }
    }
  });
  return found;
}

const inParagraph = (text: string) => {
  const [paragraph, ...found] = nodes(text);
  expect(paragraph).toBe(`Paragraph ${text}`);
  return found.filter(each => !/^(FormulaMark|ExpressionMark)/.test(each));
};

describe('special tokens', () => {
  it('enclose references and sequences', () => {
    expect(
      inParagraph('A [START_REF] Title, Name[END_REF] [START_DNA]ACGT[END_DNA]')
    ).toEqual([
      'SpecialToken [START_REF]',
      'Reference  Title, Name',
      'SpecialToken [END_REF]',
      'SpecialToken [START_DNA]',
      'Sequence ACGT',
      'SpecialToken [END_DNA]'
    ]);
  });

  it('are no HTML, also at the beginning of a line', () => {
    expect(nodes('<work>\n- a list\n\n</work>')).toEqual([
      'Paragraph <work>',
      'SpecialToken <work>',
      'BulletList - a list',
      'ListItem - a list',
      'ListMark -',
      'Paragraph a list',
      'Paragraph </work>',
      'SpecialToken </work>'
    ]);
  });

  it('may be open at the end', () => {
    expect(inParagraph('see [START_REF]')).toEqual([
      'SpecialToken [START_REF]'
    ]);
    expect(inParagraph('[START_SMILES]C1=C[N+]')).toEqual([
      'SpecialToken [START_SMILES]',
      'Sequence C1=C[N+]'
    ]);
  });

  it('are words while they are typed', () => {
    expect(inParagraph('see [START_')).toEqual(['TokenStart [START_']);
    expect(inParagraph('see </wo')).toEqual(['TokenStart </wo']);
  });

  it('stand beside Markdown', () => {
    expect(inParagraph('a **b** [c](d) [0]')).toContain('StrongEmphasis **b**');
    expect(inParagraph('a **b** [c](d) [0]')).toContain('Link [c](d)');
    expect(nodes('# Title')).toEqual(['ATXHeading1 # Title', 'HeaderMark #']);
    expect(nodes('| a | b |\n|---|---|\n| c | d |')[0]).toMatch(/^Table /);
    expect(nodes('a\n---')[0]).toBe('Paragraph a'); // and no heading
    expect(nodes('    a')[0]).toBe('Paragraph a'); // and no code
  });
});

describe('formulas', () => {
  it.each([
    '\\(x^2\\)',
    '$x$',
    '$$x$$',
    '\\[x\\]',
    '$\\$1.10$',
    '\\[a \\\\[2pt] b\\]',
    '$2x$',
    '$a\nb$'
  ])('%j is one', formula => {
    const found = inParagraph(`so ${formula} is`);
    expect(found.filter(each => each.startsWith('Formula'))).toEqual([
      `Formula ${formula}`
    ]);
  });

  it.each([
    'costs $5 and $10',
    '$5–$10',
    'US$ 3 or US$ 4',
    'a \\$x\\$',
    '$5 for the bat and the ball$',
    '`\\(x\\)` and `$x$`'
  ])('%j has none', text =>
    expect(
      inParagraph(text).filter(each => each.startsWith('Formula'))
    ).toEqual([])
  );

  it.each([
    ['\\[', '\\]'],
    ['$$', '$$']
  ])('run over lines that look like Markdown: %s', (open, close) => {
    const formula = `${open}\n- x\n+ y\n> 2\n# 3\n= z\n${close}`;
    expect(nodes(`It is ${formula}`).slice(0, 2)).toEqual([
      `Paragraph It is ${formula}`,
      `Formula ${formula}`
    ]);
    expect(nodes(`First\nit is ${formula}\nlast`)).toContain(
      `Formula ${formula}`
    );
  });

  it('that are open swallow nothing beyond their paragraph', () => {
    expect(nodes('\\[\nx\n\n# Title')).toEqual([
      'Paragraph \\[\nx',
      'Formula \\[\nx',
      'FormulaMark \\[',
      'ATXHeading1 # Title',
      'HeaderMark #'
    ]);
    expect(inParagraph('a \\( b *c*')).toContain('Emphasis *c*');
  });

  it('have commands', () => {
    expect(inParagraph('$\\frac{a}{{{b}}}$')).toEqual([
      'Formula $\\frac{a}{{{b}}}$',
      'TexCommand \\frac',
      'TexBrace {',
      'TexBrace }',
      'Expression {{{b}}',
      'TexBrace }'
    ]);
  });
});

describe('expressions', () => {
  it('are between two braces', () => {
    expect(inParagraph('a {{b["c"] * 2}} {d} {{e')).toEqual([
      'Expression {{b["c"] * 2}}'
    ]);
    expect(inParagraph('\\{{a}}')).toEqual(['Escape \\{{']);
  });
});

describe('the first line', () => {
  it('is read as options', () => {
    expect(nodes('%%galactica a << --top-p 0.7 --task cite\n#', false)).toEqual(
      [
        'MagicSpace  ',
        'MagicTarget a',
        'MagicSpace  ',
        'MagicArrow <<',
        'MagicSpace  ',
        'MagicOption --top-p',
        'MagicSpace  ',
        'MagicNumber 0.7',
        'MagicSpace  ',
        'MagicOption --task',
        'MagicSpace  ',
        'MagicValue cite',
        'ATXHeading1 #',
        'HeaderMark #'
      ]
    );
  });

  it('is only the first', () => {
    expect(nodes('%%galactica --raw')).toEqual(['Paragraph %%galactica --raw']);
  });
});

describe('the rest of a notebook', () => {
  const data = defineLanguageFacet({ commentTokens: { line: '#' } });
  const other = new Language(
    data,
    parser.configure({
      props: [
        languageDataProp.add({ Document: data }),
        indentNodeProp.add({ Document: () => 4 })
      ]
    }),
    [],
    'other'
  );
  const cell = (doc: string, ...extensions: Extension[]) =>
    EditorState.create({
      doc,
      extensions: [foundation, highlighting, ...extensions]
    });
  const seen = (state: EditorState) => ({
    language: state.facet(language)?.name,
    comments: state.languageDataAt<object>('commentTokens', state.doc.length),
    brackets: state.languageDataAt<object>('closeBrackets', state.doc.length)
      .length,
    indentation: getIndentation(state, state.doc.length)
  });
  const otherwise = {
    language: 'other',
    comments: [{ line: '#' }],
    brackets: 0,
    indentation: 4
  };
  const galactica = {
    language: 'galactica',
    comments: [],
    brackets: 1,
    indentation: null
  };

  it('keeps its language', () => {
    expect(seen(cell('x = %galactica a', other.extension))).toEqual(otherwise);
    expect(seen(cell('\n%%galactica', other.extension))).toEqual(otherwise);
  });

  it('has it again when the first line goes, and loses it when it comes', () => {
    let state = cell('%%galactica\na [START_REF]', other.extension);
    expect(seen(state)).toEqual(galactica);
    state = state.update({ changes: { from: 0, to: 11 } }).state;
    expect(seen(state)).toEqual(otherwise);
    for (const [at, letter] of [...'%%galactica'].entries()) {
      state = state.update({ changes: { from: at, insert: letter } }).state;
      expect(seen(state)).toEqual(at === 10 ? galactica : otherwise);
    }
  });

  it('may have no language at all', () => {
    let state = cell('%%galactica\na');
    state = state.update({ changes: { from: 0, to: 3 } }).state;
    expect(state.facet(language)?.name).toBe('');
    expect(ensureSyntaxTree(state, state.doc.length)?.length).toBe(
      state.doc.length
    );
  });
});

/** Return the classes of a tree; unlike its nodes, they include those of code spans. */
function shape(tree: Tree): string {
  const spans: string[] = [String(tree)];
  highlightTree(tree, classes, (from, to, name) =>
    spans.push(`${from} ${to} ${name}`)
  );
  return spans.join('\n');
}

describe('parsing again after a key', () => {
  const text = [
    'a *b* [START_REF] c[END_REF]',
    '',
    '\\[',
    '- x',
    '\\]',
    '- list \\(x\\)',
    '- more',
    '',
    '```',
    'code [START_DNA]A',
    '```',
    'a `b {{c}}`',
    '{{d}} $x$'
  ].join('\n');

  it('gives the same as parsing from the beginning', () => {
    const insertions = [
      'x',
      '\n',
      '\\[',
      '$',
      '`',
      '[START_REF]',
      '\n\n',
      '- '
    ];
    for (const insert of insertions) {
      for (let at = 0; at <= text.length; at++) {
        let state = EditorState.create({
          doc: `%%galactica\n${text}`,
          extensions: [foundation, highlighting]
        });
        ensureSyntaxTree(state, state.doc.length, 1e4);
        state = state.update({ changes: { from: 12 + at, insert } }).state;
        const tree = ensureSyntaxTree(state, state.doc.length, 1e4);
        const fresh = galacticaParser.parse(state.doc.toString());
        expect(shape(tree!), JSON.stringify([insert, at])).toBe(shape(fresh));
      }
    }
  });
});
