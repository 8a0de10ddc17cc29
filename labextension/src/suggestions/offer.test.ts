import { expect, test } from 'vitest';

import { message, Suggestion } from './answers';
import { Offer } from './offer';

const say = (text: string, note = ''): Suggestion => ({
  text,
  note,
  label: ''
});

async function all(texts: AsyncGenerator<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const text of texts) {
    found.push(text);
  }
  return found;
}

test('items grow while they are followed', async () => {
  const offer = new Offer(1, '', 'a');
  offer.update([say(' is')]);
  const [item] = offer.items;
  expect(item).toMatchObject({ insertText: ' is', isIncomplete: true });
  const followed = offer.follow(item.token!);
  expect((await followed.next()).value).toBe(' is');
  offer.update([say(' is all')]);
  expect((await followed.next()).value).toBe(' is all');
  offer.end();
  expect(await all(followed)).toEqual([' is all']);
  expect(offer.items[0].isIncomplete).toBe(false);
});

test('a cancelled offer says nothing more, so that typed text stays as it is', async () => {
  const offer = new Offer(1, '', 'a');
  offer.update([say(' is')]);
  const followed = offer.follow('a/0');
  await followed.next();
  const rest = all(followed);
  offer.cancel();
  offer.update([say(' is late')]);
  expect(await rest).toEqual([]);
  expect(offer.signal.aborted).toBe(true);
  expect(offer.suggestions[0].text).toBe(' is');
});

test('items that do not come say so', () => {
  const offer = new Offer(3, 'No other', 'a');
  offer.update([say('A', 'sure'), say('B', 'less')]);
  expect(offer.items.map(item => item.insertText)).toEqual(['A', 'B', '']);
  expect(offer.shownAs('')!.note).toBe('No other');
  offer.update([message('Looking')]);
  expect(offer.shownAs('')!.note).toBe('Looking');
});

test('the note belongs to what is shown, also when its beginning was typed', () => {
  const offer = new Offer(2, '', 'a');
  offer.update([say('Deep Learning', 'one'), say('Deep Belief', 'two')]);
  expect(offer.shownAs('Deep Belief')!.note).toBe('two');
  expect(offer.shownAs('Learning')!.note).toBe('one');
  expect(offer.shownAs('of others')).toBeNull();
  expect(offer.itemsAfter('Deep B')).toEqual([{ insertText: 'elief' }]);
});

test('it is ready once there is something to accept, or the end', async () => {
  const offer = new Offer(1, '', 'a');
  const order: string[] = [];
  const ready = offer.ready().then(() => order.push('ready'));
  offer.update([message('Looking')]);
  await Promise.resolve();
  order.push('text');
  offer.update([say('A')]);
  await ready;
  expect(order).toEqual(['text', 'ready']);
  const empty = new Offer(1, '', 'b');
  empty.end();
  await empty.ready();
});
