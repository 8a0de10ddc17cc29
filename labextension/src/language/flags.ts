/** Options in; the flags that spell them, explained, out. */

import type { Option } from '../protocol';

import { range, Say } from './words';

/** Something that could stand at a place. */
export interface Candidate {
  text: string;
  kind: string;
  /** What it means; empty where there is nothing to say. */
  help: string;
}

/** Return the flags of options, with those that switch one off. */
export function flags(options: Option[], say: Say): Candidate[] {
  return [
    ...options.map(option => ({
      text: option.flag,
      kind: 'option',
      help: describe(option, say)
    })),
    ...options
      .filter(({ type }) => type === 'bool')
      .map(option => ({
        text: option.flag.replace('--', '--no-'),
        kind: 'option',
        help: say('Switches %1 off: %2', option.flag, option.help)
      }))
  ];
}

function describe(option: Option, say: Say): string {
  const values = range(option, say);
  const preset = option.default;
  const shown = ['number', 'string'].includes(typeof preset);
  return [
    option.help,
    ...(values ? [say('Values: %1.', values)] : []),
    ...(shown ? [say('Default: %1.', String(preset))] : [])
  ].join(' ');
}
