/**
 * A kernel in; a promise that it has heard all that its widgets had to say, out.
 *
 * ipywidgets holds back what is typed until the kernel has dealt with the last change, but not
 * the click that follows: Generate would run a prompt without its last letters.
 */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { isEnd, isIdle } from '../kernelStatus';

const outboxes = new WeakMap<Kernel.IKernelConnection, Outbox>();

/** What widgets have sent to a kernel since it was first asked for. */
export class Outbox {
  /** Return a kernel's. */
  static of(kernel: Kernel.IKernelConnection): Outbox {
    const outbox = outboxes.get(kernel) ?? new Outbox(kernel);
    outboxes.set(kernel, outbox);
    return outbox;
  }

  private constructor(kernel: Kernel.IKernelConnection) {
    kernel.anyMessage.connect(this._onMessage, this);
    kernel.iopubMessage.connect(this._onIOPub, this);
    const forget = () => {
      this._pending.clear();
      this._tell();
    };
    kernel.disposed.connect(forget);
    kernel.statusChanged.connect(() => {
      if (isEnd(kernel.status)) {
        forget();
      }
    });
  }

  /** Whether the kernel has dealt with everything. */
  get isEmpty(): boolean {
    return this._pending.size === 0;
  }

  /** Resolve when the kernel has dealt with everything. */
  empty(): Promise<void> {
    return new Promise(resolve => {
      this._waiting.push(resolve);
      this._tell();
    });
  }

  private _onMessage(_: unknown, { direction, msg }: Kernel.IAnyMessageArgs) {
    if (direction === 'send' && msg.header.msg_type === 'comm_msg') {
      this._pending.add(msg.header.msg_id);
    }
  }

  // By then the widget itself has been told, and has sent what it had held back.
  private _onIOPub(_: unknown, message: KernelMessage.IIOPubMessage) {
    const { msg_id } = message.parent_header as { msg_id?: string };
    if (msg_id && isIdle(message) && this._pending.delete(msg_id)) {
      this._tell();
    }
  }

  private _tell(): void {
    if (this.isEmpty) {
      this._waiting.splice(0).forEach(resolve => resolve());
    }
  }

  private readonly _pending = new Set<string>();
  private readonly _waiting: (() => void)[] = [];
}
