import { expect, test } from 'vitest';

import { meanLogProbability, readAlternatives, readRecord } from './record';

const token = [5, 'ab', -0.5, [[5, 'ab', -0.5]]];
const record = {
  format: 1,
  prompt: 'P',
  sequences: [{ text: 'ab', finish_reason: 'max_new_tokens', tokens: [token] }]
};

test('a record is read', () => {
  expect(readRecord(record)).toEqual({
    given: 0,
    sequences: [
      {
        text: 'ab',
        tokens: [
          {
            id: 5,
            text: 'ab',
            logProbability: -0.5,
            alternatives: [{ id: 5, text: 'ab', logProbability: -0.5 }]
          }
        ]
      }
    ]
  });
  expect(readRecord({ ...record, branch: { place: 1, given: 1 } })?.given).toBe(
    1
  );
});

const sequence = record.sequences[0];

test.each([
  ['nothing', undefined],
  ['a text', 'record'],
  ['a list', [record]],
  ['another format', { ...record, format: 2 }],
  ['no format', { ...record, format: undefined }],
  ['no sequences', { ...record, sequences: [] }],
  ['sequences of another kind', { ...record, sequences: 'ab' }],
  ['a sequence without text', { ...record, sequences: [{ tokens: [] }] }],
  ['no tokens', { ...record, sequences: [{ ...sequence, tokens: null }] }],
  [
    'a short token',
    { ...record, sequences: [{ ...sequence, tokens: [[5, 'a']] }] }
  ],
  [
    'a token with an object for text',
    { ...record, sequences: [{ ...sequence, tokens: [[5, {}, -1, []]] }] }
  ],
  [
    'a broken alternative',
    { ...record, sequences: [{ ...sequence, tokens: [[5, 'a', -1, [null]]] }] }
  ]
])('%s is no record', (_, data) => {
  expect(readRecord(data)).toBeNull();
});

test('alternatives of the kernel are read as those of a record', () => {
  expect(readAlternatives([[1, 'x', -2]])).toEqual([
    { id: 1, text: 'x', logProbability: -2 }
  ]);
  expect(readAlternatives({})).toBeNull();
});

test('the mean of no tokens is certainty', () => {
  expect(meanLogProbability({ text: '', tokens: [] })).toBe(0);
});
