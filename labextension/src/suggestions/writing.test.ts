import { expect, test } from 'vitest';

import type { Place } from './place';
import type { Format } from './settings';
import {
  Paper,
  writeCitation,
  writeCitationAt,
  writeContinuationAt
} from './writing';

const PAPER: Paper = {
  title: 'Attention is All you Need',
  author: 'Vaswani',
  key: 'vaswani-attention-all',
  source: '',
  doi: '',
  url: '',
  confidence: 0.9,
  label: 'likely'
};

const place = (written: string, changes: Partial<Place> = {}): Place => ({
  kind: 'citation',
  text: written,
  before: '',
  isPrompt: false,
  written,
  mark: null,
  ...changes
});

test.each<[Format, string]>([
  ['plain', 'Attention is All you Need, Vaswani'],
  ['latex', '\\cite{vaswani-attention-all}'],
  ['pandoc', '[@vaswani-attention-all]'],
  [
    'link',
    '[Attention is All you Need, Vaswani](https://scholar.google.com/scholar?q=Attention%20is%20All%20you%20Need%2C%20Vaswani)'
  ]
])('a citation as %s', (format, written) => {
  expect(writeCitation(PAPER, format)).toBe(written);
});

test.each([
  [{ doi: '10.1/a(b)' }, '(https://doi.org/10.1/a%28b%29)'],
  [{ doi: 'https://doi.org/10.1/x' }, '(https://doi.org/10.1/x)'],
  [{ url: 'https://a.org/b%20c' }, '(https://a.org/b%20c)'],
  [{ url: 'javascript:alert(1)' }, '(https://scholar.google.com/'],
  [{ title: 'A](http://evil) [b' }, '[A\\](http://evil) \\[b, Vaswani](']
])('a link of %o', (changes, part) => {
  expect(writeCitation({ ...PAPER, ...changes }, 'link')).toContain(part);
});

test('a citation has its space, and takes the place of its mark without one', () => {
  const cite = (...args: Parameters<typeof place>) =>
    writeCitationAt(place(...args), PAPER, 'latex');
  expect(cite('The Transformer')).toMatch(/^ \\cite/);
  expect(cite('The Transformer ')).toMatch(/^\\cite/);
  expect(cite('(')).toMatch(/^\\cite/);
  expect(cite('See [@', { mark: { start: 4, end: 6 } })).toMatch(/^\\cite/);
});

test("a prompt gets Galactica's own form", () => {
  const cite = (written: string, mark: Place['mark']) =>
    writeCitationAt(place(written, { isPrompt: true, mark }), PAPER, 'link');
  expect(cite('See [START_REF]', { start: 15, end: 15 })).toBe(
    ' Attention is All you Need, Vaswani[END_REF]'
  );
  expect(cite('See', null)).toBe(
    ' [START_REF] Attention is All you Need, Vaswani[END_REF]'
  );
});

const go = (text: string, written = 'x', papers = [PAPER], isPrompt = false) =>
  writeContinuationAt(place(written, { isPrompt }), text, papers, 'latex');

test('a continuation begins with one space at most', () => {
  expect(go(' is', 'This')).toBe(' is');
  expect(go(' is', 'This ')).toBe('is');
  expect(go('former', 'Trans')).toBe('former');
});

test('references, formulas, scripts and sequences become Markdown', () => {
  expect(go(' [START_REF] A, B[END_REF] is')).toBe(
    ' \\cite{vaswani-attention-all} is'
  );
  expect(go(' \\( x^2 \\) and \\[y\\]')).toBe(' $x^2$ and $$y$$');
  expect(go(' x[START_SUP]2[END_SUP]')).toBe(' x<sup>2</sup>');
  expect(go(' [START_SMILES]CCO[END_SMILES] [START_DNA]AC')).toBe(
    ' `CCO` `AC`'
  );
  expect(go(' <work>1 + 1</work> [IMAGE]')).toBe(' 1 + 1 ');
});

test('a reference that is not finished is not shown yet', () => {
  expect(go(' see [START_REF] Attent')).toBe(' see ');
  expect(go(' a [START_REF] A, B[END_REF] b [START_REF] C')).toBe(
    ' a \\cite{vaswani-attention-all} b '
  );
});

test('a prompt goes on as the model wrote it', () => {
  const text = ' [START_REF] A, B[END_REF] \\(x\\)';
  expect(go(text, 'x', [PAPER], true)).toBe(text);
});
