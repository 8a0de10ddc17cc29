/**
 * Requests in, their answers out: which message belongs to whom, and who no longer waits.
 *
 * Knows neither JupyterLab nor the DOM.
 */

import type { JSONObject } from '@lumino/coreutils';

import { readMessage, ToKernel } from './protocol';

interface Waiting {
  update(value: unknown): void;
  end(error?: Error): void;
}

/** The requests over one connection. */
export class Requests {
  constructor(private readonly send: (message: ToKernel) => void) {}

  /**
   * Yield the values that answer a request, each as soon as it arrives.
   *
   * Ends early, and tells the kernel, when `signal` is aborted or nobody asks for the next value.
   *
   * @throws Error with the kernel's sentence, or what `fail` was told.
   */
  async *stream(
    method: string,
    parameters: JSONObject = {},
    signal?: AbortSignal
  ): AsyncGenerator<unknown> {
    const id = this._next++;
    const values: unknown[] = [];
    let ended = false;
    let failure: Error | undefined;
    let wake = () => {};
    const waiting: Waiting = {
      update: value => {
        values.push(value);
        wake();
      },
      end: error => {
        ended = true;
        failure = error;
        wake();
      }
    };
    const abort = () => waiting.end();
    if (this._lost) {
      throw this._lost;
    }
    if (signal?.aborted) {
      return;
    }
    signal?.addEventListener('abort', abort);
    this._waiting.set(id, waiting);
    try {
      this.send({ type: 'request', id, method, parameters });
      for (;;) {
        while (values.length > 0) {
          yield values.shift();
        }
        if (ended) {
          break;
        }
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      if (failure) {
        throw failure;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      if (this._waiting.delete(id)) {
        this.send({ type: 'cancel', id });
      }
    }
  }

  /** Return the last value of an answer. */
  async ask(
    method: string,
    parameters: JSONObject = {},
    signal?: AbortSignal
  ): Promise<unknown> {
    let last: unknown;
    for await (const value of this.stream(method, parameters, signal)) {
      last = value;
    }
    return last;
  }

  /** Hand a message of the kernel to the request that it answers. */
  receive(data: unknown): void {
    const message = readMessage(data);
    if (message === null || !('id' in message)) {
      return;
    }
    const waiting = this._waiting.get(message.id);
    if (message.type === 'update') {
      waiting?.update(message.value);
      return;
    }
    this._waiting.delete(message.id);
    waiting?.end(
      message.type === 'error' ? new Error(message.message) : undefined
    );
  }

  /** End all requests, also those to come, since the connection is lost. */
  fail(error: Error): void {
    this._lost ??= error;
    const all = [...this._waiting.values()];
    this._waiting.clear();
    all.forEach(waiting => waiting.end(error));
  }

  private _next = 1;
  private _lost: Error | undefined;
  private readonly _waiting = new Map<number, Waiting>();
}
