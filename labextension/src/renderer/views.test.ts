// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from 'vitest';

import { AlternativesView } from './alternatives';
import { Popover } from './popover';
import { readRecord, type Token } from './record';
import {
  fold,
  keepingFolds,
  sequenceBoxes,
  sortBoxes,
  workBlocks
} from './rendered';
import { Toolbar, type ToolbarActions } from './toolbar';
import { TokenView } from './tokenview';

const trans = {
  __: (text: string, ...args: unknown[]) =>
    text.replace(/%(\d)/g, (_, index) => String(args[Number(index) - 1]))
};

const record = (...texts: string[][]) =>
  readRecord({
    format: 1,
    sequences: texts.map((tokens, index) => ({
      text: tokens.join(''),
      tokens: tokens.map((text, id) => [id, text, -1 - index, [[id, text, -1]]])
    }))
  })!;

const key = (name: string) =>
  document.activeElement!.dispatchEvent(
    new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true })
  );

const named = <T extends HTMLElement>(
  name: string,
  root: ParentNode = document
) => root.querySelector<T>(`.galai-${name}`)!;

beforeEach(() => {
  document.body.replaceChildren();
});

test('tokens are text, whatever they hold', () => {
  const view = new TokenView(trans, () => undefined);
  view.show(record(['<img src=x onerror=alert(1)>', '\n', ' a']));
  expect(view.node.querySelector('img')).toBeNull();
  const shown = [...view.node.querySelectorAll('.galai-token')].map(
    each => each.firstChild!.textContent
  );
  expect(shown).toEqual(['<img▁src=x▁onerror=alert(1)>', '\\n', '▁a']);
  expect(view.node.querySelectorAll('br')).toHaveLength(1);
});

test('one token is in the tab order, arrows move it, and a click chooses', () => {
  const chosen = vi.fn();
  const view = new TokenView(trans, chosen);
  document.body.append(view.node);
  view.show(record(['a', 'b', 'c'], ['d']));
  const tokens = [...view.node.querySelectorAll<HTMLElement>('.galai-token')];
  const stops = () => tokens.filter(each => each.tabIndex === 0);
  expect(stops()).toEqual([tokens[0]]);
  tokens[0].focus();
  key('ArrowRight');
  expect(document.activeElement).toBe(tokens[1]);
  key('End');
  expect(stops()).toEqual([tokens[3]]);
  key('ArrowRight');
  expect(document.activeElement).toBe(tokens[3]);
  key('Home');
  key('ArrowLeft');
  expect(document.activeElement).toBe(tokens[0]);
  tokens[3].click();
  expect(chosen).toHaveBeenCalledWith({ sequence: 1, place: 1 }, tokens[3]);
  expect(stops()).toEqual([tokens[3]]);
});

test('another record leaves the focus on the token of the same number', () => {
  const view = new TokenView(trans, () => undefined);
  document.body.append(view.node);
  view.show(record(['a', 'b', 'c']));
  view.node.querySelector<HTMLElement>('.galai-token')!.focus();
  key('ArrowRight');
  view.show(record(['x', 'y', 'z', '!']));
  expect(document.activeElement!.firstChild!.textContent).toBe('y');
  view.show(record(['x']));
  expect(document.activeElement!.firstChild!.textContent).toBe('x');
});

const token: Token = {
  id: 2,
  text: ' of',
  logProbability: -1,
  alternatives: [
    { id: 2, text: ' of', logProbability: -1 },
    { id: 3, text: ' <b>in', logProbability: -2 },
    { id: 4, text: ' and', logProbability: -3 }
  ]
};

const alternatives = (each: Token, actions = {}) => {
  const all = {
    branch: vi.fn(),
    ask: vi.fn(),
    resized: vi.fn(),
    ...actions
  };
  const view = new AlternativesView(trans, each, 7, all);
  document.body.append(view.node);
  return all;
};
const listed = () =>
  [...document.querySelectorAll('.galai-alternative code')].map(
    each => each.textContent
  );

test('alternatives are sorted, and branch', () => {
  const { branch } = alternatives(token);
  expect(listed()).toEqual(['▁of', '▁<b>in', '▁and']);
  const order = document.querySelector('select')!;
  order.value = 'alphabet';
  order.dispatchEvent(new Event('change'));
  expect(listed()).toEqual(['▁<b>in', '▁and', '▁of']);
  expect(document.querySelectorAll('.galai-branch')).toHaveLength(2); // not what was written
  named('branch').click();
  expect(branch).toHaveBeenCalledWith(3);
});

test('another text can be typed', () => {
  const { branch } = alternatives(token);
  const form = document.querySelector('form')!;
  form.requestSubmit();
  expect(branch).not.toHaveBeenCalled();
  named<HTMLInputElement>('other').value = ' near';
  form.requestSubmit();
  expect(branch).toHaveBeenCalledWith(' near');
});

test('the model is asked where no alternatives were recorded', async () => {
  const ask = vi.fn().mockResolvedValue(token.alternatives);
  alternatives({ ...token, alternatives: [] }, { ask });
  expect(document.body.textContent).toContain('No alternatives were recorded');
  named('ask').click();
  await vi.waitFor(() => expect(listed()).toHaveLength(3));
});

test('a question that fails is told', async () => {
  const ask = vi.fn().mockRejectedValue(new Error('No kernel.'));
  alternatives({ ...token, alternatives: [] }, { ask });
  named('ask').click();
  await vi.waitFor(() =>
    expect(named('problem').textContent).toBe('No kernel.')
  );
});

test('a popover takes the focus, and gives it back on Escape', () => {
  const anchor = document.createElement('button');
  const inner = document.createElement('button');
  document.body.append(anchor);
  const popover = new Popover();
  popover.open(anchor, 'Box', inner);
  expect(document.activeElement).toBe(inner);
  expect(anchor.getAttribute('aria-expanded')).toBe('true');
  key('Escape');
  expect(popover.isOpen).toBe(false);
  expect(document.activeElement).toBe(anchor);
  expect(named('popover')).toBeNull();
  popover.open(anchor, 'Box', inner);
  document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }));
  expect(popover.isOpen).toBe(false);
});

const HTML = `<div class="galai-text">
  <details open=""><summary><samp>&lt;work&gt;</samp> working</summary><p>1</p></details>
  <details open=""><summary> working</summary><p>2</p></details>
  <details open=""><summary>fragments</summary><p>3</p></details></div>
  <details><summary>Last result</summary><p>4</p></details>`;

test('work blocks are folded, other blocks are not', async () => {
  document.body.innerHTML = HTML;
  const blocks = workBlocks(document.body);
  expect(blocks).toHaveLength(2);
  const open = () =>
    [...document.querySelectorAll('details')].map(each => each.open);
  fold(blocks, true);
  expect(open()).toEqual([false, false, true, false]);
  await keepingFolds(document.body, async () => {
    document.body.innerHTML = HTML.replace('<p>1</p>', '<p>more</p>');
  });
  expect(open()).toEqual([false, false, true, false]);
  fold(workBlocks(document.body), false);
  expect(open()).toEqual([true, true, true, false]);
});

test('texts side by side are sorted, and nothing else is', () => {
  document.body.innerHTML = `<div class="galai-text">Prompt</div><div id="all">
    ${[1, 2, 3]
      .map(
        n =>
          `<div id="n${n}"><p><strong>${n} of 3</strong></p><div class="galai-text"><p><strong>2 of 3</strong></p></div></div>`
      )
      .join('')}</div>`;
  const texts = record(['a', 'b', 'c'], ['a', 'b'], ['a']);
  const ids = () =>
    [...document.querySelectorAll('#all > div')].map(each => each.id);
  const sort = (order: Parameters<typeof sortBoxes>[2]) => {
    sortBoxes(sequenceBoxes(document.body, 3), texts, order);
    return ids();
  };
  expect(sort('length')).toEqual(['n3', 'n2', 'n1']);
  expect(sort('probability')).toEqual(['n1', 'n2', 'n3']);
  sort('length');
  expect(sort('written')).toEqual(['n1', 'n2', 'n3']);
  expect(sequenceBoxes(document.body, 4)).toEqual([]);
  expect(sequenceBoxes(document.body, 1)).toEqual([]);
});

test('the toolbar offers what there is', () => {
  const actions: Record<keyof ToolbarActions, ReturnType<typeof vi.fn>> = {
    view: vi.fn(),
    fold: vi.fn(),
    sort: vi.fn(),
    copy: vi.fn(),
    stop: vi.fn()
  };
  const toolbar = new Toolbar(trans, actions as unknown as ToolbarActions);
  document.body.append(toolbar.node);
  const state = { tokens: true, work: 'open', sequences: false } as const;
  toolbar.update({ ...state, view: 'rendered' });
  expect(named('sort').hidden).toBe(true);
  expect(named('fold').textContent).toBe('Fold work');
  named('tokens').click();
  expect(actions.view).toHaveBeenLastCalledWith('tokens');
  toolbar.update({ ...state, view: 'tokens' });
  expect(named('tokens').ariaPressed).toBe('true');
  expect(named('fold').hidden).toBe(true);
  named('tokens').click();
  expect(actions.view).toHaveBeenLastCalledWith('rendered');
  named('copy').click();
  named('copy-latex').click();
  expect(actions.copy).toHaveBeenCalledWith('latex');
  expect(named('popover')).toBeNull();
  toolbar.say('Growing', 'running');
  expect(named('stop').hidden).toBe(false);
  toolbar.say('No kernel.', 'problem');
  expect(named('stop').hidden).toBe(true);
  expect(named('said').classList).toContain('galai-problem');
});
