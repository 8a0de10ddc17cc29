import { expect, test } from 'vitest';

import { nats, percent, shade, sorted, visibleToken } from './words';

test.each([
  [' of', '▁of'],
  ['\n', '\\n'],
  ['\t\r', '\\t\\r'],
  ['', '…'],
  ['<b>é', '<b>é'],
  ['\u202e\u0007', '\\u202e\\u0007'],
  ['\u00a0', '\\u00a0']
])('%j is shown as %s', (text, shown) => {
  expect(visibleToken(text)).toBe(shown);
});

test('numbers are those of the static view', () => {
  expect(percent(Math.log(0.1234))).toBe('12.3');
  expect(percent(0.2)).toBe('100.0');
  expect(nats(-0.001)).toBe('0.00');
  expect(shade(0)).toBe('rgba(127, 127, 127, 0)');
  expect(shade(Math.log(0.5))).toBe('rgba(127, 127, 127, 0.23)');
  expect(shade(-100)).toBe('rgba(127, 127, 127, 0.45)');
});

test('alternatives are sorted without changing the record', () => {
  const all = [
    { id: 1, text: ' b', logProbability: -1 },
    { id: 2, text: 'a', logProbability: -3 },
    { id: 3, text: ' c', logProbability: -2 }
  ];
  const ids = (order: 'probability' | 'alphabet') =>
    sorted(all, order).map(each => each.id);
  expect(ids('probability')).toEqual([1, 3, 2]);
  expect(ids('alphabet')).toEqual([2, 1, 3]);
  expect(all.map(each => each.id)).toEqual([1, 2, 3]);
});
