/**
 * A kernel in, one connection to its galai_jupyter out.
 *
 * The only module that opens comms.
 */

import type { Kernel } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';

import { isEnd } from './kernelStatus';
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

/**
 * Open a connection.
 *
 * @param onLost - Called when the kernel may answer otherwise the next time.
 * @throws NotLoadedError, RefusedError
 */
export async function openConnection(
  kernel: Kernel.IKernelConnection,
  onLost: () => void
): Promise<Connection> {
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
        onLost();
      }
      requests.fail(error);
      reject(error);
    };
    const onDisposed = () => lose(new LostError('The document was closed.'));
    const onStatus = () => {
      if (isEnd(kernel.status)) {
        onLost();
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
