/** The settings of suggestions, as schema/suggestions.json has them with their defaults. */

/** How a citation is written into a Markdown cell. */
export type Format = 'plain' | 'latex' | 'pandoc' | 'link';

/** What the model reads besides the cell. */
export type Context = 'cell' | 'headings' | 'cells';

export interface Settings {
  automatic: boolean;
  citeAfterMark: boolean;
  format: Format;
  library: string;
  suggestions: number;
  leastConfidence: number;
  maxNewTokens: number;
  context: Context;
  contextTokens: number;
}
