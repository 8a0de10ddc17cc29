import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';
import { describe, expect, it } from 'vitest';

import { galacticaParser } from './highlighting';
import { classes } from './tags';

const monospace = tagHighlighter([{ tag: tags.monospace, class: 'code' }]);

/** Return what of a prompt stands out, as `class text`. */
function seen(prompt: string): string[] {
  const cell = `%%galactica\n${prompt}`;
  const found: string[] = [];
  highlightTree(galacticaParser.parse(cell), [classes], (from, to, name) =>
    found.push(`${name.replace('galai-', '')} ${cell.slice(from, to)}`)
  );
  return found;
}

/** Return what looks like code, all in a row. */
function codeOf(prompt: string): string {
  const cell = `%%galactica\n${prompt}`;
  let found = '';
  highlightTree(galacticaParser.parse(cell), monospace, (from, to) => {
    found += cell.slice(from, to);
  });
  return found;
}

describe.each([
  ['a fenced block', (text: string) => `\`\`\`python\n${text}\n\`\`\``],
  ['a block that is open', (text: string) => `~~~\n${text}`],
  ['a block in a list', (text: string) => `- a\n  \`\`\`\n  ${text}\n  \`\`\``],
  ['a span', (text: string) => `see \`${text}\` there`],
  ['a span of two backticks', (text: string) => `see \`\`${text}\`\` there`]
])('%s', (_, around) => {
  it('shows what the kernel replaces', () => {
    expect(seen(around('f({{x}}, {{ y["z"] }})'))).toEqual([
      'expression {{x}}',
      'expression {{ y["z"] }}'
    ]);
  });

  it('leaves braces behind a backslash alone, as the kernel does', () => {
    expect(seen(around('\\{{x}}'))).toEqual([]);
  });

  it('shows special tokens and sequences', () => {
    expect(
      seen(around('a = "[START_SMILES]C1=C[N+][END_SMILES]" </work>'))
    ).toEqual([
      'token [START_SMILES]',
      'sequence C1=C[N+]',
      'token [END_SMILES]',
      'token </work>'
    ]);
    expect(seen(around('[START_DNA]ACGT{{rest}}[END_DNA]'))[0]).toBe(
      'token [START_DNA]'
    );
    expect(seen(around('[START_AMINO]MKV[END_AMINO]'))).toContain(
      'sequence MKV'
    );
  });

  it('has neither formulas nor Markdown', () => {
    const text = '$x$ \\(y\\) *a* [b](c) # d - e';
    expect(seen(around(text))).toEqual([]);
    expect(codeOf(around(text))).toContain(text);
  });

  it('looks like code around what stands out', () => {
    const text = 'if [START_DNA]AC[END_DNA] and {{x}}: \\{{f}}';
    const found = codeOf(around(text));
    expect(found).toContain('if  and : \\{{f}}');
    expect(found).not.toContain('DNA');
  });
});

it('is plain again behind the block', () => {
  expect(seen('```\n{{a}}\n\n# b\n```\n{{c}} $d$')).toEqual([
    'expression {{a}}',
    'expression {{c}}',
    'maths $d$'
  ]);
});

it('may be empty', () => {
  expect(seen('```\n```\n{{a}}')).toEqual(['expression {{a}}']);
  expect(seen('`` `` {{a}}')).toEqual(['expression {{a}}']);
});
