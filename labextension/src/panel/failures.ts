/** Why a kernel has no panel, as an error, in; what is the case out. */

import { NotLoadedError, RefusedError } from '../connection';
import { LoadError } from './loading';
import type { State } from './state';

/** @param restarted - Whether the kernel was restarted since the panel was asked for. */
export function stateOf(error: unknown, restarted: boolean): State {
  if (error instanceof NotLoadedError) {
    return { kind: 'notLoaded', restarted };
  }
  if (error instanceof RefusedError) {
    return error.reason === 'kernel'
      ? { kind: 'refused', message: error.message }
      : { kind: error.reason === 'shared' ? 'shared' : 'unreadable' };
  }
  if (error instanceof LoadError) {
    return error.missing
      ? { kind: 'notInstalled' }
      : { kind: 'loadFailed', message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', message };
}
