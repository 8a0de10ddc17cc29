/** A kernel in; galai_jupyter loaded there, or word of somebody else loading it, out. */

import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';

import { forget } from '../kernel';
import { isIdle } from '../kernelStatus';

const PACKAGE = 'galai_jupyter';

/** The kernel cannot load galai_jupyter: it is not installed there, or the message says why. */
export class LoadError extends Error {
  constructor(
    message: string,
    readonly missing: boolean
  ) {
    super(message);
  }
}

/**
 * Load galai_jupyter into a kernel, without a trace in the notebook.
 *
 * @throws LoadError
 */
export async function load(kernel: Kernel.IKernelConnection): Promise<void> {
  const future = kernel.requestExecute({
    code: `%load_ext ${PACKAGE}`,
    silent: true,
    store_history: false,
    stop_on_error: false
  });
  const { content } = await future.done;
  forget(kernel);
  if (content.status !== 'ok') {
    const { ename, evalue } =
      content as Partial<KernelMessage.IReplyErrorContent>;
    const missing =
      ename === 'ModuleNotFoundError' && evalue?.includes(`'${PACKAGE}'`);
    throw new LoadError(evalue || ename || content.status, missing === true);
  }
}

/** Call `listener` when a cell that names galai_jupyter has ended: it may be loaded now. */
export function onMention(
  kernel: Kernel.IKernelConnection,
  listener: () => void
): IDisposable {
  let mention: string | undefined;
  const look = (_: unknown, message: KernelMessage.IIOPubMessage) => {
    const { msg_id } = message.parent_header as { msg_id?: string };
    if (message.header.msg_type === 'execute_input') {
      const { code } = message.content as { code: string };
      mention = code.includes(PACKAGE) ? msg_id : mention;
    } else if (mention && mention === msg_id && isIdle(message)) {
      mention = undefined;
      forget(kernel);
      listener();
    }
  };
  kernel.iopubMessage.connect(look);
  return new DisposableDelegate(() => kernel.iopubMessage.disconnect(look));
}
