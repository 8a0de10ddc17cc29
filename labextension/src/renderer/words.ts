/**
 * Tokens in, the words and shades that people see out: the same as in rendering/token_view.py.
 */

import type { Alternative } from './record';

const STRONGEST = 0.45;
const NAMED: Record<string, string> = {
  ' ': '▁',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r'
};

/** Return a token's text with its spaces and newlines visible. */
export function visibleToken(text: string): string {
  if (!text) {
    return '…'; // one of several tokens that make up a character
  }
  return text.replace(
    /[\p{C}\p{Z}]/gu,
    each =>
      NAMED[each] ?? '\\u' + each.codePointAt(0)!.toString(16).padStart(4, '0')
  );
}

export function probability(logProbability: number): number {
  return Math.exp(Math.min(logProbability, 0));
}

/** Return a probability in percent, with one decimal. */
export function percent(logProbability: number): string {
  return (100 * probability(logProbability)).toFixed(1);
}

/** Return a log-probability with two decimals. */
export function nats(logProbability: number): string {
  return logProbability.toFixed(2).replace('-0.00', '0.00');
}

/** Return the background of a token: the less sure the model was, the stronger. */
export function shade(logProbability: number): string {
  const strength = STRONGEST * (1 - probability(logProbability));
  return `rgba(127, 127, 127, ${Number(strength.toFixed(2))})`;
}

export type Order = 'probability' | 'alphabet';

/** Return alternatives in an order, without changing the list. */
export function sorted(
  all: readonly Alternative[],
  order: Order
): Alternative[] {
  return [...all].sort(
    order === 'alphabet'
      ? (a, b) => a.text.trim().localeCompare(b.text.trim()) || a.id - b.id
      : (a, b) => b.logProbability - a.logProbability
  );
}
