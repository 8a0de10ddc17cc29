// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';

import { nameHandles } from './names';

const slider = (label: string) => `<div class="widget-slider">
  <label>${label}</label><div class="noUi-handle" role="slider"></div>
</div>`;

const names = () =>
  [...document.querySelectorAll('.noUi-handle')].map(handle =>
    handle.getAttribute('aria-label')
  );

let naming: ReturnType<typeof nameHandles>;

afterEach(() => naming.dispose());

it('names the handles of panels, and no others', () => {
  document.body.innerHTML = `${slider('theirs')}
    <div class="galai-panel">${slider('top_p')}${slider('')}</div>`;
  naming = nameHandles(document);
  expect(names()).toEqual([null, 'top_p', null]);
});

it('names what appears later', async () => {
  document.body.innerHTML = '';
  naming = nameHandles(document);
  document.body.innerHTML = `<div class="galai-panel">${slider('top_k')}</div>`;
  await vi.waitFor(() => expect(names()).toEqual(['top_k']));
});

it('follows a label that changes', async () => {
  document.body.innerHTML = `<div class="galai-panel">${slider('old')}</div>`;
  naming = nameHandles(document);
  document.querySelector('label')?.replaceChildren('new');
  await vi.waitFor(() => expect(names()).toEqual(['new']));
});
