import { expect, test } from 'vitest';

import { formOf } from './copying';

const bundle = {
  'text/plain': 'P text',
  'text/markdown': 'P text\n\n---\n\nrule\n\n---\n\ndemo · greedy · 3 tokens\n'
};

test('text is copied as it is, Markdown without its footer', () => {
  expect(formOf(bundle, 'text')).toBe('P text');
  expect(formOf(bundle, 'markdown')).toBe('P text\n\n---\n\nrule\n');
});

test('LaTeX is copied where a bundle has it', () => {
  expect(formOf(bundle, 'latex')).toBe('');
  expect(formOf({ 'text/latex': ['a', 'b'] }, 'latex')).toBe('ab');
});
