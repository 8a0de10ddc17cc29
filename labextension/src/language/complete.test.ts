import { describe, expect, it } from 'vitest';

import { say, vocabulary } from '../../fixtures/vocabulary';

import { complete, concerns } from './complete';

const at = (cell: string) => {
  const offset = cell.indexOf('|');
  return complete(cell.replace('|', ''), offset, vocabulary, say);
};
const texts = (cell: string) => at(cell).candidates.map(({ text }) => text);

describe('completion', () => {
  it.each([
    ['%%galactica --to|', ['--top-p', '--top-k']],
    ['%%galactica --top-p 0.7 --no-|', ['--no-raw']],
    ['%%galactica --task re|', ['reason', 'review']],
    ['%%galactica --special-tokens h|', ['hide']],
    ['%%galactica --compare greedy,b|', ['greedy,beam']],
    ['%%galactica ci|', ['cite']],
    ['%%galactica --top-p |', []],
    ['%galactica load |', ['demo', 'mini', 'galpaca-30b']],
    ['%galactica load demo --d|', ['--device']],
    ['x = %galactica tok|', ['tokens']],
    ['%galactica cite --thr|', ['--threshold']],
    ['a = 1\n  %galactica --th|\nb', ['--threshold']],
    [
      '%%galactica\nsome [START_S|',
      ['[START_SUP]', '[START_SUB]', '[START_SMILES]']
    ],
    ['%%galactica\nsome </|', ['</work>']],
    ['%%galactica\nsome text|', []],
    ['a[START_|', []],
    ['%galactica2 --to|', []]
  ])('of %j', (cell, expected) => expect(texts(cell)).toEqual(expected));

  it('replaces the word that is typed', () => {
    expect(at('%%galactica\nsome [STA|').fragment).toBe('[STA');
    expect(at('%%galactica --compare greedy,b|').fragment).toBe('greedy,b');
  });

  it('explains options and commands', () => {
    const [option] = at('%%galactica --max|').candidates;
    expect(option.help).toBe(
      'About max_new_tokens. Values: 1 to 2047. Default: 60.'
    );
    const [command] = at('%galactica lo|').candidates;
    expect(command.help).toBe('%galactica load NAME: load a model');
  });

  it('stays out of other cells', () => {
    expect(concerns('print(1)\n%%galactica', 3)).toBe(false);
    expect(concerns('%%galactica\nx', 13)).toBe(true);
    expect(concerns('x = 1\n%galactica ', 17)).toBe(true);
  });
});
