/**
 * A notebook's kernel in, a connection to its galai_jupyter out.
 *
 * The only module that talks to a kernel.
 */

import type { Kernel } from '@jupyterlab/services';

import { greeting, Hello, readMessage, TARGET } from './protocol';
import { Requests } from './requests';

const SUBSHELL_PATIENCE = 2000;

/** The kernel has no galai_jupyter, or it was not loaded. */
export class NotLoadedError extends Error {}

/** The kernel's galai_jupyter speaks another version of the protocol; its message says what to do. */
export class RefusedError extends Error {}

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
 * @throws NotLoadedError, RefusedError
 */
export function connect(kernel: Kernel.IKernelConnection): Promise<Connection> {
  const known = connections.get(kernel);
  if (known) {
    return known;
  }
  const opened = open(kernel);
  connections.set(kernel, opened);
  const forget = () => {
    if (connections.get(kernel) === opened) {
      connections.delete(kernel);
    }
  };
  opened.catch(forget);
  const onStatus = (_: unknown, status: Kernel.Status) => {
    if (['restarting', 'autorestarting', 'dead'].includes(status)) {
      kernel.statusChanged.disconnect(onStatus);
      forget();
      opened
        .then(connection =>
          connection.requests.fail(new NotLoadedError('The kernel restarted.'))
        )
        .catch(() => undefined);
    }
  };
  kernel.statusChanged.connect(onStatus);
  return opened;
}

async function open(kernel: Kernel.IKernelConnection): Promise<Connection> {
  await kernel.info;
  const comm = kernel.createComm(TARGET);
  // Where the kernel has subshells, a comm on one is answered while a cell runs.
  await Promise.race([
    (comm as { subshellStarted?: Promise<void> }).subshellStarted,
    new Promise(resolve => setTimeout(resolve, SUBSHELL_PATIENCE))
  ]);
  return new Promise((resolve, reject) => {
    const requests = new Requests(message => {
      if (!comm.isDisposed) {
        comm.send(message);
      }
    });
    comm.onMsg = message => {
      const data = readMessage(message.content.data);
      if (data?.type === 'hello') {
        resolve({ hello: data, requests });
      } else if (data?.type === 'refused') {
        reject(new RefusedError(data.message));
      } else {
        requests.receive(message.content.data);
      }
    };
    comm.onClose = () => {
      const error = new NotLoadedError('galai_jupyter is not loaded.');
      connections.delete(kernel);
      requests.fail(error);
      reject(error);
    };
    comm.open(greeting());
  });
}
