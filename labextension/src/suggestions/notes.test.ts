// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Notes, PROVIDER } from './notes';

let host: HTMLElement;
let notes: Notes;
const SHOWN = [
  { text: 'A', note: 'likely, 87 %', label: 'likely' },
  { text: '', note: 'No paper', label: '' }
];

beforeEach(() => {
  host = document.createElement('div');
  host.className = 'jp-mod-inline-completer-active';
  notes = new Notes(
    host,
    text => SHOWN.find(each => each.text === text) ?? null
  );
});
afterEach(() => notes.dispose());

function ghost(text: string, provider = PROVIDER, kind = ''): HTMLElement {
  const element = document.createElement('span');
  element.className = `jp-GhostText ${kind}`;
  element.dataset.providedBy = provider;
  element.textContent = text;
  host.append(element);
  return element;
}

const mutations = () => new Promise(resolve => setTimeout(resolve, 0));

test('a ghost text has the note of what it shows, now and later', async () => {
  const element = ghost('A');
  await mutations();
  expect(element.dataset.galaiNote).toBe('likely, 87 %');
  expect(element.dataset.galaiLabel).toBe('likely');
  element.textContent = '';
  await mutations();
  expect(element.dataset.galaiNote).toBe('No paper');
  expect(host.className).toBe('jp-mod-inline-completer-active');
});

test('those of others are left alone', async () => {
  const element = ghost('A', '@jupyterlab/inline-completer:history');
  await mutations();
  expect(element.dataset.galaiNote).toBeUndefined();
});

test('when the ghost text is gone, Tab is for the editor again', async () => {
  ghost('A').remove();
  ghost('A', PROVIDER, 'jp-GhostText-lineSpacer');
  await mutations();
  expect(host.className).toBe('');
});
