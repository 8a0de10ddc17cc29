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

export type FromKernel = Hello | Refused | Update | Done | Failed;

export type ToKernel =
  | {
      type: 'request';
      id: number;
      method: string;
      parameters: JSONObject;
    }
  | { type: 'cancel'; id: number };

/** What the extension says when it opens a connection. */
export function greeting(): JSONObject {
  return { protocol: PROTOCOL };
}

/** Read a message of the kernel; null for one that this version does not know. */
export function readMessage(data: unknown): FromKernel | null {
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const message = data as Partial<FromKernel>;
  switch (message.type) {
    case 'hello':
    case 'refused':
      return message as FromKernel;
    case 'update':
    case 'done':
    case 'error':
      return typeof message.id === 'number' ? (message as FromKernel) : null;
    default:
      return null;
  }
}
