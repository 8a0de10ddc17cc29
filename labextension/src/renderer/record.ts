/**
 * The record of a generation in, what the views need of it out; null for what is no such record.
 *
 * A notebook may hold anything, so nothing is taken for granted. Names follow generation.py.
 */

export const MIME_TYPE = 'application/vnd.galai.generation.v1+json';

const FORMAT = 1;

export interface Alternative {
  id: number;
  text: string;
  logProbability: number;
}

export interface Token extends Alternative {
  alternatives: Alternative[];
}

export interface Sequence {
  text: string;
  tokens: Token[];
}

export interface GenerationRecord {
  sequences: Sequence[];
  /** How many tokens at the beginning were given, since the text is a branch of another one. */
  given: number;
}

/** Read a record; null if it is malformed or has a format that this version does not know. */
export function readRecord(data: unknown): GenerationRecord | null {
  if (!isObject(data) || data.format !== FORMAT) {
    return null;
  }
  const sequences = readAll(data.sequences, readSequence);
  if (!sequences?.length) {
    return null;
  }
  const branch = isObject(data.branch) ? data.branch.given : 0;
  return { sequences, given: typeof branch === 'number' ? branch : 0 };
}

/** Read a list of alternatives, as records and the kernel write them. */
export function readAlternatives(data: unknown): Alternative[] | null {
  return readAll(data, readAlternative);
}

/** The mean of the tokens' log-probabilities, by which sequences are ranked. */
export function meanLogProbability(sequence: Sequence): number {
  const sum = sequence.tokens.reduce(
    (all, each) => all + each.logProbability,
    0
  );
  return sum / Math.max(1, sequence.tokens.length);
}

function readSequence(data: unknown): Sequence | null {
  if (!isObject(data) || typeof data.text !== 'string') {
    return null;
  }
  const tokens = readAll(data.tokens, readToken);
  return tokens && { text: data.text, tokens };
}

function readToken(data: unknown): Token | null {
  const token = readAlternative(data);
  const alternatives = token && readAlternatives((data as unknown[])[3]);
  return alternatives && { ...token, alternatives };
}

function readAlternative(data: unknown): Alternative | null {
  if (!Array.isArray(data)) {
    return null;
  }
  const [id, text, logProbability] = data;
  return Number.isInteger(id) &&
    typeof text === 'string' &&
    typeof logProbability === 'number'
    ? { id, text, logProbability }
    : null;
}

function readAll<T>(data: unknown, read: (each: unknown) => T | null) {
  if (!Array.isArray(data)) {
    return null;
  }
  const all = data.map(read);
  return all.every(each => each !== null) ? (all as T[]) : null;
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
