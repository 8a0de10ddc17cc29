// @vitest-environment jsdom
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { say, vocabulary } from '../../fixtures/vocabulary';

import { galacticaEditor } from './editor';
import type { Host } from './host';
import { language } from '@codemirror/language';
import { underlines } from './underlines';

class FakeHost implements Host {
  switches = { highlighting: true, checks: true, completion: true };
  known: typeof vocabulary | null = null;
  asked = 0;
  readonly say = say;
  readonly listeners = new Set<() => void>();

  words() {
    this.asked++;
    return this.known;
  }

  subscribe(listener: () => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell() {
    this.listeners.forEach(listener => listener());
  }
}

describe('an editor', () => {
  let host: FakeHost;
  let view: EditorView;
  const open = (doc: string, readOnly = false) => {
    view = new EditorView({
      doc,
      extensions: [galacticaEditor(host), EditorState.readOnly.of(readOnly)]
    });
    vi.runAllTimers();
  };
  const underlined = () => {
    const found: string[] = [];
    view.state.field(underlines).between(0, 1e6, (from, to) => {
      found.push(view.state.sliceDoc(from, to));
    });
    return found;
  };
  const type = (from: number, insert: string, to = from) =>
    view.dispatch({ changes: { from, to, insert } });

  beforeEach(() => {
    vi.useFakeTimers();
    host = new FakeHost();
  });
  afterEach(() => {
    view.destroy();
    vi.useRealTimers();
  });

  it('underlines when typing has stopped, and follows the text until then', () => {
    open('%%galactica\nA[END_REF]');
    expect(underlined()).toEqual(['[END_REF]']);
    type(12, 'See ');
    expect(underlined()).toEqual(['[END_REF]']);
    type(16, '[START_REF]');
    vi.advanceTimersByTime(100);
    expect(underlined()).toEqual(['[END_REF]']);
    vi.runAllTimers();
    expect(underlined()).toEqual([]);
  });

  it('checks options as soon as the kernel has told them', () => {
    open('%%galactica --topp 1');
    expect(underlined()).toEqual([]);
    host.known = vocabulary;
    host.tell();
    vi.runAllTimers();
    expect(underlined()).toEqual(['--topp']);
    const mark = view.dom.querySelector('.galai-problem')!;
    expect(mark.getAttribute('aria-description')).toMatch(/--topp/);
  });

  it('asks no kernel and underlines nothing in other cells', () => {
    open('x = "[END_REF]"');
    type(0, 'y');
    vi.runAllTimers();
    expect(host.asked).toBe(0);
    type(0, '%%galactica\n');
    vi.runAllTimers();
    expect(host.asked).toBe(1);
    expect(underlined()).toEqual(['[END_REF]']);
    type(0, '', 2);
    vi.runAllTimers();
    expect(underlined()).toEqual([]);
  });

  it('underlines nothing in what was run in a console', () => {
    open('%%galactica\nA[END_REF]', true);
    expect(underlined()).toEqual([]);
  });

  it('follows the switches while it is open', () => {
    open('%%galactica\nA[END_REF]');
    const shown = () => view.state.facet(language)?.name;
    expect(shown()).toBe('galactica');
    host.switches = { highlighting: false, checks: false, completion: true };
    host.tell();
    vi.runAllTimers();
    expect(shown()).toBe('');
    expect(underlined()).toEqual([]);
    host.switches = { highlighting: true, checks: true, completion: true };
    host.tell();
    vi.runAllTimers();
    expect(shown()).toBe('galactica');
    expect(underlined()).toEqual(['[END_REF]']);
  });

  it('lets go of everything when it closes', () => {
    open('%%galactica\nA[END_REF]');
    view.destroy();
    expect(host.listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
