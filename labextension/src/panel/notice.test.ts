import { describe, expect, it } from 'vitest';

import { notice } from './notice';
import type { State } from './state';

/** A translator that marks what went through it. */
const trans = {
  __: (text: string, ...values: string[]) =>
    `«${values.reduce((all, value, i) => all.replace(`%${i + 1}`, value), text)}»`
};

const NOTICES: State[] = [
  { kind: 'noNotebook' },
  { kind: 'noKernel' },
  { kind: 'starting' },
  { kind: 'restarting' },
  { kind: 'dead' },
  { kind: 'connecting' },
  { kind: 'busy' },
  { kind: 'otherLanguage', language: 'R' },
  { kind: 'notLoaded', restarted: false },
  { kind: 'notLoaded', restarted: true },
  { kind: 'loading', busy: false },
  { kind: 'loading', busy: true },
  { kind: 'notInstalled' },
  { kind: 'loadFailed', message: 'No module named torch' },
  { kind: 'refused', message: '«Upgrade the kernel.»' },
  { kind: 'unreadable' },
  { kind: 'shared' },
  { kind: 'noWidgets' },
  { kind: 'closed' },
  { kind: 'failed', message: 'Cannot open' }
];

describe('a notice', () => {
  it.each(NOTICES)('says in words what is the case: %j', state => {
    const said = notice(state, trans);
    for (const words of [said?.text, said?.then, said?.button?.label]) {
      expect(words ?? '«»').toMatch(/^«.*»$/); // all words are translated
    }
    expect(said?.text.length).toBeGreaterThan(10);
  });

  it('is another one for each state', () => {
    const texts = NOTICES.map(state => notice(state, trans)?.text);
    expect(new Set(texts).size).toBe(NOTICES.length);
  });

  it('is not shown instead of the widgets', () => {
    expect(notice({ kind: 'open', modelId: 'x' }, trans)).toBeNull();
  });
});

describe('what to do', () => {
  it.each([
    [{ kind: 'notLoaded', restarted: false }, 'load', undefined],
    [{ kind: 'notLoaded', restarted: true }, 'load', undefined],
    [{ kind: 'notInstalled' }, 'load', 'pip install galai-jupyter'],
    [{ kind: 'refused', message: 'x' }, 'retry', undefined],
    [{ kind: 'closed' }, 'retry', undefined]
  ] as const)('is offered: %j', (state, action, code) => {
    expect(notice(state, trans)).toMatchObject({
      button: { action },
      ...(code ? { code } : {})
    });
  });

  it('names the language and the reason', () => {
    expect(notice(NOTICES[7], trans)?.text).toContain('runs R.');
    expect(notice(NOTICES[13], trans)?.text).toContain('(No module named');
  });
});
