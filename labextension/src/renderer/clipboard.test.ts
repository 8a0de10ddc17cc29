// @vitest-environment jsdom
import { Clipboard } from '@jupyterlab/apputils';
import { beforeEach, expect, test, vi } from 'vitest';

import { copy } from './clipboard';

vi.mock('@jupyterlab/apputils', () => ({
  Clipboard: { copyToSystem: vi.fn() }
}));

const trans = {
  __: (text: string, ...values: unknown[]) =>
    text.replace('%1', String(values[0]))
};
const BUNDLE = { 'text/plain': 'x', 'text/markdown': '*x*' };
const refuse = () => Promise.reject(new Error('No kernel.'));
const writeText = vi.fn(() => Promise.resolve());

beforeEach(() => {
  vi.clearAllMocks();
  vi.stubGlobal('navigator', { clipboard: { writeText } });
});

test('a form of the bundle needs no kernel', async () => {
  expect(await copy(BUNDLE, 'text', refuse, trans)).toBe('Copied.');
  expect(writeText).toHaveBeenCalledWith('x');
});

test('LaTeX comes from the kernel', async () => {
  const said = await copy(BUNDLE, 'latex', async () => '\\emph{x}', trans);
  expect(said).toBe('Copied.');
  expect(writeText).toHaveBeenCalledWith('\\emph{x}');
});

test('Markdown takes its place where the kernel cannot', async () => {
  const said = await copy(BUNDLE, 'latex', refuse, trans);
  expect(said).toBe('Copied as Markdown: No kernel.');
  expect(writeText).toHaveBeenCalledWith('*x*');
});

test('what is not there leaves the clipboard alone', async () => {
  const said = await copy({}, 'text', refuse, trans);
  expect(said).toBe('This output has no such form.');
  expect(writeText).not.toHaveBeenCalled();
});

test('a page that may not write does it in the old way', async () => {
  writeText.mockRejectedValueOnce(new Error('not secure'));
  expect(await copy(BUNDLE, 'text', refuse, trans)).toBe('Copied.');
  expect(Clipboard.copyToSystem).toHaveBeenCalledWith('x');
});
