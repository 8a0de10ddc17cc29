import { describe, expect, it } from 'vitest';

import type { ToKernel } from './protocol';
import { Requests } from './requests';

/** Requests, and what they have said to the kernel. */
function connection() {
  const sent: ToKernel[] = [];
  return { sent, requests: new Requests(message => sent.push(message)) };
}

const update = (id: number, value: unknown) => ({ type: 'update', id, value });
const done = (id: number) => ({ type: 'done', id });
const error = (id: number, message: string) => ({ type: 'error', id, message });

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const value of values) {
    all.push(value);
  }
  return all;
}

describe('a request', () => {
  it('is sent with a number of its own', () => {
    const { sent, requests } = connection();
    void requests.ask('panel');
    void requests.ask('suggest', { prompt: 'x' });
    expect(sent).toEqual([
      { type: 'request', id: 1, method: 'panel', parameters: {} },
      { type: 'request', id: 2, method: 'suggest', parameters: { prompt: 'x' } }
    ]);
  });

  it('yields each value and ends', async () => {
    const { sent, requests } = connection();
    const values = collect(requests.stream('count'));
    requests.receive(update(1, 'a'));
    requests.receive(update(1, 'b'));
    requests.receive(done(1));
    expect(await values).toEqual(['a', 'b']);
    expect(sent).toHaveLength(1);
  });

  it('yields a value before the next one is there', async () => {
    const { requests } = connection();
    const values = requests.stream('count');
    const first = values.next();
    requests.receive(update(1, 'a'));
    expect(await first).toEqual({ done: false, value: 'a' });
  });

  it('gets its own answers only', async () => {
    const { requests } = connection();
    const answers = Promise.all([requests.ask('one'), requests.ask('two')]);
    requests.receive(update(2, 'for two'));
    requests.receive(update(1, 'for one'));
    requests.receive(done(2));
    requests.receive(done(1));
    expect(await answers).toEqual(['for one', 'for two']);
  });

  it('yields what came before it failed', async () => {
    const { requests } = connection();
    const values = requests.stream('count');
    const first = values.next();
    requests.receive(update(1, 'so far'));
    requests.receive(error(1, 'Load a model first.'));
    expect((await first).value).toBe('so far');
    await expect(values.next()).rejects.toThrow('Load a model first.');
  });

  it.each([
    null,
    'done',
    { type: 'done' },
    { type: 'done', id: 99 },
    { type: 'hello' }
  ])('is not disturbed by %j', async message => {
    const { requests } = connection();
    const answer = requests.ask('one');
    requests.receive(message);
    requests.receive(update(1, 'right'));
    requests.receive(done(1));
    expect(await answer).toBe('right');
  });
});

describe('an answer that nobody wants', () => {
  it('is cancelled by its signal', async () => {
    const { sent, requests } = connection();
    const abort = new AbortController();
    const values = collect(requests.stream('count', {}, abort.signal));
    requests.receive(update(1, 'a'));
    abort.abort();
    expect(await values).toEqual(['a']);
    expect(sent[1]).toEqual({ type: 'cancel', id: 1 });
    requests.receive(update(1, 'too late'));
    requests.receive(done(1));
    expect(sent).toHaveLength(2);
  });

  it('is not asked for when the signal came first', async () => {
    const { sent, requests } = connection();
    const answer = requests.ask('count', {}, AbortSignal.abort());
    expect(await answer).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it('is cancelled when the loop is left', async () => {
    const { sent, requests } = connection();
    const leave = (async () => {
      for await (const value of requests.stream('count')) {
        return value;
      }
    })();
    requests.receive(update(1, 'enough'));
    expect(await leave).toBe('enough');
    expect(sent[1]).toEqual({ type: 'cancel', id: 1 });
  });
});

describe('a lost connection', () => {
  it('ends every request, also those to come', async () => {
    const { sent, requests } = connection();
    const answers = [requests.ask('one'), requests.ask('two')];
    requests.fail(new Error('The kernel restarted.'));
    for (const answer of [...answers, requests.ask('three')]) {
      await expect(answer).rejects.toThrow('The kernel restarted.');
    }
    expect(sent.map(message => message.type)).toEqual(['request', 'request']);
  });
});
