// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Hearing, listen } from './keyboard';

const jupyterlab = vi.fn();
const clicked: string[] = [];
const hearing = { isEmpty: true, empty: () => hears } as Hearing;
const heard: Element[] = [];
let hears: Promise<void>;
let listening: ReturnType<typeof listen>;

beforeEach(() => {
  document.body.innerHTML = `
    <textarea id="cell"></textarea>
    ${['one', 'two'].map(panel).join('')}`;
  document.querySelectorAll('button').forEach(button => {
    button.addEventListener('click', () => clicked.push(button.id));
  });
  document.addEventListener('keydown', jupyterlab, true); // as JupyterLab does
  hearing.isEmpty = true;
  listening = listen(window, node => {
    heard.push(node);
    return hearing;
  });
});

afterEach(() => {
  listening.dispose();
  document.removeEventListener('keydown', jupyterlab, true);
  jupyterlab.mockClear();
  clicked.length = 0;
});

function panel(name: string): string {
  return `<div class="galai-panel">
    <textarea id="prompt-${name}"></textarea>
    <button id="generate-${name}" class="galai-generate"></button>
    <button id="stop-${name}" class="galai-stop"></button>
  </div>`;
}

function press(id: string, key: string, more: KeyboardEventInit = {}) {
  const event = new KeyboardEvent('keydown', {
    key,
    bubbles: true,
    cancelable: true,
    ...more
  });
  document.getElementById(id)?.dispatchEvent(event);
  return event;
}

describe('in a panel', () => {
  it.each([{ ctrlKey: true }, { metaKey: true }])(
    '%j and Enter generates, and JupyterLab runs no cell',
    modifier => {
      const event = press('prompt-two', 'Enter', modifier);
      expect(clicked).toEqual(['generate-two']);
      expect(jupyterlab).not.toHaveBeenCalled();
      expect(event.defaultPrevented).toBe(true);
    }
  );

  it('Escape stops, and JupyterLab stays in its mode', () => {
    press('prompt-one', 'Escape');
    expect(clicked).toEqual(['stop-one']);
    expect(jupyterlab).not.toHaveBeenCalled();
  });

  it('a disabled button is left alone, as is JupyterLab', () => {
    document.getElementById('stop-one')?.setAttribute('disabled', '');
    press('prompt-one', 'Escape');
    expect(clicked).toEqual([]);
    expect(jupyterlab).not.toHaveBeenCalled();
  });

  it('a field that tells its value when it is left has told it before', () => {
    document
      .getElementById('prompt-one')
      ?.addEventListener('change', () => clicked.push('told'));
    press('prompt-one', 'Enter', { ctrlKey: true });
    expect(clicked).toEqual(['told', 'generate-one']);
  });

  it.each([
    ['Enter', {}],
    ['Enter', { shiftKey: true }],
    ['Enter', { ctrlKey: true, shiftKey: true }],
    ['Enter', { ctrlKey: true, isComposing: true }],
    ['Escape', { isComposing: true }],
    ['a', { ctrlKey: true }]
  ])('%s with %j is what it was', (key, modifier) => {
    const event = press('prompt-one', key, modifier);
    expect(clicked).toEqual([]);
    expect(jupyterlab).toHaveBeenCalledOnce();
    expect(event.defaultPrevented).toBe(false);
  });
});

describe('while the kernel has not heard all', () => {
  let hear = () => {};

  beforeEach(() => {
    hearing.isEmpty = false;
    hears = new Promise(resolve => {
      hear = () => {
        hearing.isEmpty = true;
        resolve();
      };
    });
  });

  it.each(['a key', 'a click'])('Generate waits, by %s', async by => {
    const ask = () =>
      by === 'a key'
        ? press('prompt-one', 'Enter', { ctrlKey: true })
        : document.getElementById('generate-one')?.click();
    ask();
    ask();
    expect(clicked).toEqual([]);
    hear();
    await hears;
    expect(clicked).toEqual(['generate-one']);
  });

  it('Stop does not wait', () => {
    press('prompt-one', 'Escape');
    document.getElementById('stop-two')?.click();
    expect(clicked).toEqual(['stop-one', 'stop-two']);
  });

  it('it is listened to from the first touch', () => {
    heard.length = 0;
    document.getElementById('cell')?.focus();
    expect(heard).toEqual([]);
    document.getElementById('prompt-one')?.focus();
    expect(heard).toEqual([document.querySelector('.galai-panel')]);
  });
});

describe('elsewhere', () => {
  it.each([
    ['Enter', { ctrlKey: true }],
    ['Escape', {}]
  ])('%s is what it was', (key, modifier) => {
    press('cell', key, modifier);
    expect(clicked).toEqual([]);
    expect(jupyterlab).toHaveBeenCalledOnce();
  });

  it('nothing is heard after the end', () => {
    listening.dispose();
    press('prompt-one', 'Escape');
    expect(clicked).toEqual([]);
  });
});
