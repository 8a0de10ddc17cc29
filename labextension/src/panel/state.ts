/** What is the case with a notebook and its kernel, and what a person can do about it. */

/** What is the case. */
export type State =
  | { kind: 'noNotebook' }
  | { kind: 'noKernel' }
  | { kind: 'starting' }
  | { kind: 'restarting' }
  | { kind: 'dead' }
  | { kind: 'connecting' }
  | { kind: 'busy' }
  | { kind: 'otherLanguage'; language: string }
  | { kind: 'notLoaded'; restarted: boolean }
  | { kind: 'loading'; busy: boolean }
  | { kind: 'notInstalled' }
  | { kind: 'loadFailed'; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'unreadable' }
  | { kind: 'shared' }
  | { kind: 'noWidgets' }
  | { kind: 'closed' }
  | { kind: 'failed'; message: string }
  | { kind: 'open'; modelId: string };

export type Action = 'load' | 'retry';
