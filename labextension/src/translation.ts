/** The part of a JupyterLab translation bundle that views and messages use. */
export interface Translation {
  __(text: string, ...values: unknown[]): string;
}
