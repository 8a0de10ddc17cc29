/** What a person has set in, the settings of suggestions out; knows neither JupyterLab nor the DOM. */

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

/** The defaults of schema/suggestions.json. */
export const DEFAULTS: Settings = {
  automatic: false,
  citeAfterMark: false,
  format: 'plain',
  library: '',
  suggestions: 3,
  leastConfidence: 0.4,
  maxNewTokens: 24,
  context: 'headings',
  contextTokens: 400
};

/** Return the settings, with defaults for those that are left out. */
export function readSettings(found: Partial<Settings> = {}): Settings {
  return { ...DEFAULTS, ...found };
}
