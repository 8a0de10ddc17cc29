/**
 * A notebook's kernel in, a connection to its galai_jupyter out.
 *
 * The only module that opens comms.
 */

import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';

import { greeting, Hello, PROTOCOL, readMessage, TARGET } from './protocol';
import { Requests } from './requests';

const SUBSHELL_PATIENCE = 2000;

/** The kernel has no galai_jupyter, or it was not loaded. */
export class NotLoadedError extends Error {}

/** An open connection was closed by the kernel; opening another one tells why. */
export class LostError extends Error {}

/**
 * Kernel and extension cannot talk to each other.
 *
 * `kernel`: the kernel refused, and its message says what to do; `answer`: it answered in a way
 * that this version does not know; `shared`: another document has this page's comms with it.
 */
export class RefusedError extends Error {
  constructor(
    readonly reason: 'kernel' | 'answer' | 'shared',
    message = 'Kernel and extension cannot talk to each other.'
  ) {
    super(message);
  }
}

export interface Connection {
  hello: Hello;
  requests: Requests;
}

const connections = new WeakMap<
  Kernel.IKernelConnection,
  Promise<Connection>
>();

/**
 * Return the connection to a kernel; one is opened where there is none.
 *
 * A failure holds until the kernel has run something, so that asking often costs nothing.
 *
 * @throws NotLoadedError, RefusedError
 */
export function connect(kernel: Kernel.IKernelConnection): Promise<Connection> {
  const known = connections.get(kernel);
  if (known) {
    return known;
  }
  const outcome = open(kernel);
  connections.set(kernel, outcome);
  const watch = watchRuns(kernel, () => {
    if (connections.get(kernel) === outcome) {
      forget(kernel);
    }
  });
  outcome.then(watch.end, watch.failed);
  return outcome;
}

/** Let the next `connect` open another connection. */
export function forget(kernel: Kernel.IKernelConnection): void {
  connections.delete(kernel);
}

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

async function open(kernel: Kernel.IKernelConnection): Promise<Connection> {
  if (!kernel.handleComms) {
    throw new RefusedError('shared');
  }
  await kernel.info;
  const comm = kernel.createComm(TARGET);
  if (kernel.supportsSubshells !== false) {
    // A comm on a subshell is answered while a cell runs. The promise may never settle.
    await Promise.race([
      (comm as { subshellStarted?: Promise<void> }).subshellStarted,
      new Promise(resolve => setTimeout(resolve, SUBSHELL_PATIENCE))
    ]);
  }
  return new Promise((resolve, reject) => {
    const say = (message: JSONObject) => {
      if (!comm.isDisposed && !kernel.isDisposed && kernel.status !== 'dead') {
        comm.send(message);
      }
    };
    const requests = new Requests(say);
    let opened = false;
    const lose = (error: Error) => {
      kernel.statusChanged.disconnect(onStatus);
      kernel.disposed.disconnect(onDisposed);
      if (opened) {
        forget(kernel);
      }
      requests.fail(error);
      reject(error);
    };
    const onDisposed = () => lose(new LostError('The document was closed.'));
    const onStatus = () => {
      if (isEnd(kernel.status)) {
        forget(kernel);
        lose(new NotLoadedError('The kernel restarted.'));
      }
    };
    comm.onMsg = ({ content: { data } }) => {
      const message = readMessage(data);
      if (message?.type === 'ping') {
        say({ type: 'pong' });
      } else if (opened) {
        requests.receive(data);
      } else if (message?.type === 'hello' && message.protocol === PROTOCOL) {
        opened = true;
        resolve({ hello: message, requests });
      } else if (message?.type === 'refused') {
        lose(new RefusedError('kernel', message.message));
      } else {
        lose(new RefusedError('answer'));
      }
    };
    comm.onClose = () =>
      lose(
        opened
          ? new LostError('The kernel closed the connection.')
          : new NotLoadedError('galai_jupyter is not loaded.')
      );
    kernel.statusChanged.connect(onStatus);
    kernel.disposed.connect(onDisposed);
    comm.open(greeting());
  });
}

/** Call `forgetFailure` once an attempt has failed and the kernel has run something since it began. */
function watchRuns(
  kernel: Kernel.IKernelConnection,
  forgetFailure: () => void
): { end: () => void; failed: () => void } {
  let failed = false;
  let ran = false;
  const end = () => {
    kernel.iopubMessage.disconnect(look);
    kernel.statusChanged.disconnect(onStatus);
  };
  const settle = () => {
    if (failed && ran) {
      end();
      forgetFailure();
    }
  };
  const look = (_: unknown, message: KernelMessage.IIOPubMessage) => {
    if (endsRun(message)) {
      ran = true;
      settle();
    }
  };
  const onStatus = () => {
    if (isEnd(kernel.status)) {
      ran = true;
      settle();
    }
  };
  kernel.iopubMessage.connect(look);
  kernel.statusChanged.connect(onStatus);
  return {
    end,
    failed: () => {
      failed = true;
      settle();
    }
  };
}
