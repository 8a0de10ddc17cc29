/**
 * The messages between extension and kernel, as docs/protocol.md describes them.
 *
 * Values in, messages out, and the other way round; knows neither JupyterLab nor the DOM.
 */

import type { JSONObject } from '@lumino/coreutils';

/** It changes when an older kernel would misread a message. */
export const PROTOCOL = 1;

export const TARGET = 'galai_jupyter';

/** One option of the kernel's table. */
export interface Option {
  name: string;
  flag: string;
  group: string;
  help: string;
  type: 'int' | 'float' | 'str' | 'bool';
  default: unknown;
  minimum: number | null;
  maximum: number | null;
  choices: string[];
}

export interface Command {
  name: string;
  usage: string;
  help: string;
  takes_cell: boolean;
}

/** The words that a kernel knows. */
export interface Vocabulary {
  options: Option[];
  commands: Command[];
  shorthands: Record<string, string>;
  tasks: string[];
  strategies: string[];
  models: string[];
  special_tokens: string[];
}

export interface Hello {
  type: 'hello';
  protocol: number;
  package: string;
  vocabulary: Vocabulary;
}

export interface Refused {
  type: 'refused';
  protocol: number;
  message: string;
}

export interface Ping {
  type: 'ping';
}

export interface Update {
  type: 'update';
  id: number;
  value: unknown;
}

export interface Done {
  type: 'done';
  id: number;
}

export interface Failed {
  type: 'error';
  id: number;
  message: string;
}

export type FromKernel = Hello | Refused | Ping | Update | Done | Failed;

export type ToKernel =
  | {
      type: 'request';
      id: number;
      method: string;
      parameters: JSONObject;
    }
  | { type: 'cancel'; id: number }
  | { type: 'pong' };

/** What the extension says when it opens a connection. */
export function greeting(): JSONObject {
  return { protocol: PROTOCOL };
}

/** Read a message of the kernel; null for one that this version does not know. */
export function readMessage(data: unknown): FromKernel | null {
  if (!isObject(data)) {
    return null;
  }
  switch (data.type) {
    case 'ping':
      return { type: 'ping' };
    case 'hello':
      return typeof data.protocol === 'number' && isVocabulary(data.vocabulary)
        ? (data as unknown as Hello)
        : null;
    case 'refused':
      return typeof data.message === 'string'
        ? (data as unknown as Refused)
        : null;
    case 'update':
    case 'done':
      return typeof data.id === 'number'
        ? (data as unknown as Update | Done)
        : null;
    case 'error':
      return typeof data.id === 'number'
        ? { type: 'error', id: data.id, message: String(data.message) }
        : null;
    default:
      return null;
  }
}

const LISTS = [
  'options',
  'commands',
  'tasks',
  'strategies',
  'models',
  'special_tokens'
];

function isVocabulary(value: unknown): boolean {
  return (
    isObject(value) &&
    isObject(value.shorthands) &&
    LISTS.every(name => Array.isArray(value[name]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
