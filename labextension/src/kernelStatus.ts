/** What a kernel reports in; whether it has ended something, or everything, out. */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

/** Whether a kernel of that status has forgotten everything. */
export function isEnd(status: Kernel.Status): boolean {
  return ['restarting', 'autorestarting', 'dead'].includes(status);
}

/** Whether a message says that a kernel has ended what it was asked to do. */
export function isIdle(message: KernelMessage.IIOPubMessage): boolean {
  return (
    message.header.msg_type === 'status' &&
    (message.content as { execution_state?: string }).execution_state === 'idle'
  );
}

/** Whether a message says that a kernel has ended running code, of a cell for example. */
export function endsRun(message: KernelMessage.IIOPubMessage): boolean {
  const { msg_type } = message.parent_header as { msg_type?: string };
  return msg_type === 'execute_request' && isIdle(message);
}
