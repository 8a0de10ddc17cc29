/** A stretch of a cell and what is wrong with it. */
export interface Problem {
  from: number;
  to: number;
  /** An error is what the kernel refuses. */
  severity: 'error' | 'warning';
  /** One sentence, translated. */
  message: string;
}
