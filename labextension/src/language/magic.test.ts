import { describe, expect, it } from 'vitest';

import { isMagic, splitMagic } from './magic';

const words = (line: string, isSwitch?: (flag: string) => boolean) =>
  splitMagic(line, isSwitch).map(({ kind, text }) => `${kind} ${text}`);

describe('the first line', () => {
  it.each(['%%galactica', '%%galactica --raw', '%%galactica\t'])(
    '%j makes a cell Galactica’s',
    line => expect(isMagic(line)).toBe(true)
  );

  it.each(['%galactica', '%%galactica2', '%%galactica?', ' %%galactica', ''])(
    '%j does not',
    line => {
      expect(isMagic(line)).toBe(false);
      expect(splitMagic(line)).toEqual([]);
    }
  );

  it('has a variable, options and values', () => {
    expect(
      words('%%galactica answer << --task reason --top-p=0.7 --stop "a b"')
    ).toEqual([
      'magic %%galactica',
      'target answer',
      'arrow <<',
      'option --task',
      'value reason',
      'option --top-p',
      'equals =',
      'value 0.7',
      'option --stop',
      'value "a b"'
    ]);
  });

  it('takes the word behind a switch for no value', () => {
    const line = '%%galactica --raw x';
    expect(words(line).at(-1)).toBe('value x');
    expect(words(line, flag => flag === '--raw').at(-1)).toBe('word x');
  });

  it('ends the options at two hyphens', () => {
    expect(words('%%galactica -- load --raw').slice(1)).toEqual([
      'end --',
      'word load',
      'word --raw'
    ]);
  });

  it('says where each part stands', () => {
    const line = "%%galactica  cite  antwort <<   --stop 'x' \"open";
    for (const { text, from, to } of splitMagic(line)) {
      expect(line.slice(from, to)).toBe(text);
    }
    expect(splitMagic(line).at(-1)?.text).toBe("'x'");
  });
});
