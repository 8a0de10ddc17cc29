import { expect, test } from 'vitest';

import { unset } from '../../fixtures/settings';

import { findPlace, wantedWhileTyping } from './place';

const markdown = (source: string) => ({ type: 'markdown', source });
const code = (source: string) => ({ type: 'code', source });

/** The place at the bar in the last cell. */
function at(...sources: { type: string; source: string }[]) {
  const last = sources[sources.length - 1];
  const cursor = last.source.indexOf('|');
  const cells = [
    ...sources.slice(0, -1),
    { ...last, source: last.source.replace('|', '') }
  ];
  return findPlace(cells, cells.length - 1, cursor, 'headings');
}

test('a continuation of a Markdown cell', () => {
  expect(at(markdown('The Transformer| and more'))).toEqual({
    kind: 'continuation',
    text: 'The Transformer',
    before: '',
    isPrompt: false,
    written: 'The Transformer',
    mark: null
  });
});

test('nothing is suggested in code, raw cells, and on the line of the magic', () => {
  expect(at(code('x = 1|'))).toBeNull();
  expect(at({ type: 'raw', source: 'text|' })).toBeNull();
  expect(at(code('%%galactica --top|\nThe'))).toBeNull();
  expect(at(code('%%galacticas\nThe|'))).toBeNull();
});

test('a prompt is read without its magic, and alone', () => {
  const place = at(markdown('# Title'), code('%%galactica --top-p 0.7\nThe|'));
  expect(place).toMatchObject({ text: 'The', before: '', isPrompt: true });
});

test('an open [START_REF] asks for a citation, and is read', () => {
  const place = at(markdown('See [START_REF]|'));
  expect(place).toMatchObject({ kind: 'citation', text: 'See [START_REF]' });
  expect(place!.mark).toEqual({ start: 4, end: 15 });
  const begun = at(markdown('See [START_REF] Atte| end'));
  expect(begun!.mark).toEqual({ start: 4, end: 20 });
});

test('in a prompt the token stays', () => {
  const place = at(code('%%galactica\nSee [START_REF]|'));
  expect(place).toMatchObject({ kind: 'citation', text: 'See [START_REF]' });
  expect(place!.mark).toEqual({ start: 27, end: 27 });
});

test('[@ asks for a citation, and its closing bracket goes, too', () => {
  const place = at(markdown('See [@vas|] end'));
  expect(place).toMatchObject({ kind: 'citation', text: 'See ' });
  expect(place!.mark).toEqual({ start: 4, end: 10 });
  expect(at(markdown('See [@a] and|'))!.kind).toBe('continuation');
  expect(at(code('%%galactica\nSee [@|'))!.kind).toBe('continuation');
});

test('a reference that has ended, or whose line has, is not open', () => {
  for (const text of ['[START_REF] A, B[END_REF] is|', '[START_REF]\nNew|']) {
    expect(at(markdown(text))).toMatchObject({
      kind: 'continuation',
      mark: null
    });
  }
});

test('a citation can be asked for anywhere', () => {
  const cells = [markdown('The Transformer')];
  expect(findPlace(cells, 0, 15, 'cell', 'citation')).toMatchObject({
    kind: 'citation',
    text: 'The Transformer',
    mark: null
  });
});

test('the headings above are read, the outermost first', () => {
  const above = [
    markdown('# Title\n\nText\n\n## Old section\n\n### Old part'),
    code('# a comment'),
    markdown('## New section\n\n```\n# not a heading\n```')
  ];
  const cells = [...above, markdown('We')];
  const before = (context: 'cell' | 'headings' | 'cells') =>
    findPlace(cells, 3, 2, context)!.before;
  expect(before('headings')).toBe('# Title\n\n## New section');
  expect(before('cell')).toBe('');
  expect(before('cells')).toContain('Text\n\n## Old section');
  expect(before('cells')).not.toContain('a comment');
});

test('typing alone asks for nothing, unless the settings say so', () => {
  const text = at(markdown('The Transformer|'))!;
  const opened = at(markdown('See [START_REF]|'))!;
  const begun = at(markdown('See [START_REF] Att|'))!;
  const wanted = (changes: object) =>
    [text, opened, begun].map(place =>
      wantedWhileTyping(place, { ...unset, ...changes })
    );
  expect(wanted({})).toEqual([false, false, false]);
  expect(wanted({ citeAfterMark: true })).toEqual([false, true, false]);
  expect(wanted({ automatic: true })).toEqual([true, true, true]);
});
