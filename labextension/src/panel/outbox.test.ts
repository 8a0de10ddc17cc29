import { Signal } from '@lumino/signaling';
import type { Kernel } from '@jupyterlab/services';
import { beforeEach, expect, it } from 'vitest';

import { Outbox } from './outbox';

class FakeKernel {
  status = 'idle';
  anyMessage = new Signal<this, unknown>(this);
  iopubMessage = new Signal<this, unknown>(this);
  statusChanged = new Signal<this, unknown>(this);
  disposed = new Signal<this, unknown>(this);

  send(msg_type: string, msg_id: string): void {
    const msg = { header: { msg_type, msg_id } };
    this.anyMessage.emit({ direction: 'send', msg });
  }

  say(execution_state: string, msg_id: string): void {
    this.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_id },
      content: { execution_state }
    });
  }
}

let kernel: FakeKernel;
let outbox: Outbox;
let told: boolean;

beforeEach(() => {
  kernel = new FakeKernel();
  outbox = Outbox.of(kernel as unknown as Kernel.IKernelConnection);
  told = false;
});

async function wait(): Promise<void> {
  void outbox.empty().then(() => {
    told = true;
  });
  await Promise.resolve();
}

it('is empty before anything is sent', async () => {
  await wait();
  expect(told).toBe(true);
});

it('is empty when the kernel has dealt with each message', async () => {
  kernel.send('comm_msg', 'a');
  kernel.send('comm_msg', 'b');
  await wait();
  kernel.say('busy', 'a');
  kernel.say('idle', 'a');
  expect([outbox.isEmpty, told]).toEqual([false, false]);
  kernel.say('idle', 'b');
  await Promise.resolve();
  expect([outbox.isEmpty, told]).toEqual([true, true]);
});

it('does not wait for cells', () => {
  kernel.send('execute_request', 'cell');
  expect(outbox.isEmpty).toBe(true);
});

it('is empty when the kernel has forgotten all', async () => {
  kernel.send('comm_msg', 'a');
  await wait();
  kernel.status = 'restarting';
  kernel.statusChanged.emit('restarting');
  await Promise.resolve();
  expect([outbox.isEmpty, told]).toEqual([true, true]);
});

it('is empty when the kernel was shut down', async () => {
  kernel.send('comm_msg', 'a');
  await wait();
  expect(told).toBe(false);
  kernel.disposed.emit(undefined);
  await Promise.resolve();
  expect(told).toBe(true);
});

it('is the same for the same kernel', () => {
  expect(Outbox.of(kernel as unknown as Kernel.IKernelConnection)).toBe(outbox);
});
