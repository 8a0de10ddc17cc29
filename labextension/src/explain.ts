/** Why a kernel did not answer, as an error, in; one translated sentence that says what to do out. */

import { LostError, NotLoadedError, RefusedError } from './connection';
import type { Translation } from './translation';

/** Return what a person is told; what the kernel itself says stays as it is. */
export function explain(error: unknown, trans: Translation): string {
  if (error instanceof NotLoadedError) {
    return trans.__('Run %load_ext galai_jupyter in this notebook first.');
  }
  if (error instanceof LostError) {
    return trans.__('The kernel closed the connection: try again.');
  }
  if (error instanceof RefusedError && error.reason === 'shared') {
    return trans.__(
      'Another document on this page uses the same kernel: only the one that was opened first can ask it.'
    );
  }
  if (error instanceof RefusedError && error.reason === 'answer') {
    return trans.__(
      'The galai_jupyter of the kernel has another version than the extension: install the same on both sides.'
    );
  }
  return error instanceof Error ? error.message : String(error);
}
