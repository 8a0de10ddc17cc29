import { expect, test } from 'vitest';

import { unset } from '../../fixtures/settings';

import { atTheEnd, message, readAnswer, waiting } from './answers';
import type { Place } from './place';

const trans = {
  __: (text: string, ...values: unknown[]) =>
    text.replace('%1', String(values[0]))
};
const PLACE: Place = {
  kind: 'citation',
  text: 'See',
  before: '',
  isPrompt: false,
  written: 'See ',
  mark: null
};
const paper = (title: string, confidence: number, changes = {}) => ({
  title,
  author: '',
  key: title,
  source: '',
  doi: '',
  url: '',
  confidence,
  label: confidence > 0.5 ? 'likely' : 'uncertain',
  ...changes
});
const read = (value: unknown) => readAnswer(value, PLACE, unset, trans);

test('papers come with their confidence, which is not part of the text', () => {
  const references = [paper('A', 0.872), paper('B', 0.45)];
  expect(read({ references, calibrated: true })).toEqual([
    { text: 'A', note: 'likely, 87 %  1/2', label: 'likely' },
    { text: 'B', note: 'uncertain, 45 %  2/2', label: 'uncertain' }
  ]);
});

test('it says where a paper was found, and that a model was not calibrated', () => {
  const references = [paper('A', 0.9, { source: 'refs.bib' })];
  expect(read({ references })[0].note).toBe(
    'in refs.bib · likely, 90 % (not calibrated)'
  );
});

test('where the model is sure of none, there is nothing to accept', () => {
  const none = read({ references: [], left_out: 3 });
  expect(none).toEqual([message('No paper that I am sure of.')]);
  expect(atTheEnd(none, trans)).toEqual(none);
});

test('a model that is loaded is named', () => {
  expect(read({ loading: 'demo' })[0]).toEqual(
    message('Loading the bundled demo model…')
  );
});

test('an answer without a text says so', () => {
  const place: Place = { ...PLACE, kind: 'continuation' };
  expect(atTheEnd([waiting(place, trans)], trans)[0].note).toMatch(/would end/);
  const text = { text: ' on', note: '', label: '' };
  expect(atTheEnd([text], trans)).toEqual([text]);
});
