/** A notebook's kernel in, the connection to its galai_jupyter out: one for each kernel. */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { Connection, openConnection } from './connection';
import { endsRun, isEnd } from './kernelStatus';

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
  const outcome = openConnection(kernel, () => forget(kernel));
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
