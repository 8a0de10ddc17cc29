import type { Kernel } from '@jupyterlab/services';
import { describe, expect, it, vi } from 'vitest';

import { vocabulary } from '../../fixtures/vocabulary';
import { PROTOCOL } from '../protocol';

import { KernelWords } from './kernelWords';

type Slot = (sender: unknown, value: unknown) => void;

class FakeSignal {
  private readonly slots = new Set<Slot>();
  connect = (slot: Slot) => this.slots.add(slot);
  disconnect = (slot: Slot) => this.slots.delete(slot);
  emit(value: unknown) {
    [...this.slots].forEach(slot => slot(this, value));
  }
}

interface FakeComm {
  isDisposed: boolean;
  subshellStarted: Promise<void>;
  onMsg(message: unknown): void;
  onClose(): void;
  open(): void;
}

/** A kernel that answers like galai_jupyter where that is loaded, and closes comms where not. */
class FakeKernel {
  id = 'one';
  loaded = false;
  opened = 0;
  info = Promise.resolve({});
  handleComms = true;
  isDisposed = false;
  status = 'idle';
  disposed = new FakeSignal();
  statusChanged = new FakeSignal();
  iopubMessage = new FakeSignal();

  createComm(): FakeComm {
    const comm: FakeComm = {
      isDisposed: false,
      subshellStarted: Promise.resolve(),
      onMsg: () => {},
      onClose: () => {},
      open: () => {
        this.opened++;
        const hello = { type: 'hello', protocol: PROTOCOL, vocabulary };
        if (this.loaded) {
          comm.onMsg({ content: { data: hello } });
        } else {
          comm.onClose();
        }
      }
    };
    return comm;
  }

  becomesIdle(after: string) {
    this.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_type: after },
      content: { execution_state: 'idle' }
    });
  }
}

describe('a kernel’s words', () => {
  const start = () => {
    const kernel = new FakeKernel();
    const changed = vi.fn();
    const words = new KernelWords(changed);
    const real = kernel as unknown as Kernel.IKernelConnection;
    return {
      kernel,
      changed,
      words,
      ask: () => words.ask(real),
      known: () => words.known(real)
    };
  };

  it('are asked for once', async () => {
    const { kernel, changed, ask, known } = start();
    kernel.loaded = true;
    expect(known()).toBeNull();
    expect(await Promise.all([ask(), ask()])).toEqual([vocabulary, vocabulary]);
    kernel.becomesIdle('execute_request');
    expect(await ask()).toBe(known());
    expect(kernel.opened).toBe(1);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('are not asked for again before a cell has run', async () => {
    const { kernel, changed, ask } = start();
    expect(await ask()).toBeNull();
    kernel.becomesIdle('comm_open'); // the answer to our own question
    expect(await ask()).toBeNull();
    expect(kernel.opened).toBe(1);
    expect(changed).not.toHaveBeenCalled();
    kernel.loaded = true;
    kernel.becomesIdle('execute_request');
    expect(changed).toHaveBeenCalledTimes(1);
    expect(await ask()).toEqual(vocabulary);
    expect(kernel.opened).toBe(2);
  });

  it('are asked for again if a cell ran while the answer was awaited', async () => {
    const { kernel, changed, ask } = start();
    const answer = ask();
    kernel.becomesIdle('execute_request');
    expect(changed).toHaveBeenCalledTimes(1);
    expect(ask()).toBe(answer);
    expect(await answer).toBeNull();
    expect(changed).toHaveBeenCalledTimes(2);
    kernel.loaded = true;
    expect(await ask()).toEqual(vocabulary);
  });

  it('are those of its other connections, too', async () => {
    const { kernel, ask, words } = start();
    kernel.loaded = true;
    await ask();
    const other = new FakeKernel() as unknown as Kernel.IKernelConnection;
    expect(words.known(other)).toEqual(vocabulary);
    expect(await words.ask(other)).toEqual(vocabulary);
    expect(kernel.opened).toBe(1);
  });

  it('go when it restarts', async () => {
    const { kernel, changed, ask, known } = start();
    kernel.loaded = true;
    await ask();
    kernel.status = 'restarting';
    kernel.statusChanged.emit('restarting');
    kernel.status = 'idle';
    expect(known()).toBeNull();
    expect(changed).toHaveBeenCalledTimes(2);
    expect(await ask()).toBeNull();
    expect(kernel.opened).toBe(1);
    kernel.becomesIdle('execute_request');
    expect(await ask()).toEqual(vocabulary);
  });
});
