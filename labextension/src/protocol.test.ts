import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { greeting, PROTOCOL, readMessage, TARGET } from './protocol';

const vocabulary = {
  options: [],
  commands: [],
  shorthands: {},
  tasks: [],
  strategies: [],
  models: [],
  special_tokens: []
};

describe('readMessage', () => {
  it.each([
    { type: 'hello', protocol: PROTOCOL, package: '0.1.0', vocabulary },
    { type: 'refused', protocol: 2, message: 'Upgrade.' },
    { type: 'ping' },
    { type: 'update', id: 1, value: null },
    { type: 'done', id: 0 },
    { type: 'error', id: 3, message: 'It failed.' }
  ])('reads $type', message => {
    expect(readMessage(message)).toEqual(message);
  });

  it('keeps fields that a later kernel adds', () => {
    const message = { type: 'done', id: 1, seconds: 3 };
    expect(readMessage(message)).toEqual(message);
  });

  it.each([
    undefined,
    null,
    'done',
    [],
    {},
    { type: 'toString' },
    { type: 'done' },
    { type: 'update', id: '1', value: 1 },
    { type: 'error', message: 'whose?' },
    { type: 'refused' },
    { type: 'hello' },
    { type: 'hello', protocol: PROTOCOL },
    { type: 'hello', protocol: '1', vocabulary },
    { type: 'hello', protocol: 1, vocabulary: { ...vocabulary, options: {} } },
    { type: 'hello', protocol: 1, vocabulary: { ...vocabulary, tasks: null } }
  ])('ignores %j', message => {
    expect(readMessage(message)).toBeNull();
  });

  it('takes an error without words for one', () => {
    expect(readMessage({ type: 'error', id: 1 })).toMatchObject({ id: 1 });
  });
});

describe('the kernel', () => {
  const kernel = readFileSync('../galai_jupyter/comm.py', 'utf-8');

  it('of this source tree speaks the same version', () => {
    expect(kernel).toContain(`\nPROTOCOL = ${greeting().protocol}\n`);
    expect(kernel).toContain(`\nTARGET = "${TARGET}"\n`);
  });
});
