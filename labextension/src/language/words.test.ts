import { expect, it } from 'vitest';

import { vocabulary } from '../../fixtures/vocabulary';

import { closeMatches, findOption, isSwitch } from './words';

it('finds options by flag, hyphens and underscores alike', () => {
  expect(findOption('--top-p', vocabulary)?.option.name).toBe('top_p');
  expect(findOption('--top_p', vocabulary)?.option.name).toBe('top_p');
  expect(findOption('--no-raw', vocabulary)?.negated).toBe(true);
  expect(findOption('--no-top-p', vocabulary)).toBeNull();
  expect(isSwitch('--no-raw', vocabulary)).toBe(true);
  expect(isSwitch('--top-p', vocabulary)).toBe(false);
});

it('suggests what Python’s difflib does', () => {
  expect(closeMatches('ape', ['apple', 'peach', 'puppy'])).toEqual(['apple']);
  expect(closeMatches('appel', ['ape', 'apple', 'peach', 'puppy'])).toEqual([
    'apple',
    'ape'
  ]);
  expect(closeMatches('zzz', ['apple'])).toEqual([]);
});
