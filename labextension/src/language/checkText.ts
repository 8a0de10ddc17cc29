/**
 * A prompt in; special tokens, formulas and expressions that do not pair up out.
 *
 * A prompt that ends in an open token is what Galactica is asked with, so what is open at the very end
 * is no problem. Each check reads the text once.
 */

import type { Problem } from './problem';
import { anyToken } from './tokens';
import type { Say } from './words';

interface Opening {
  name: string;
  text: string;
  from: number;
}

/** Inside of which others may stand: a reference's title has superscripts. */
const HOLDS: Record<string, (inner: string) => boolean> = {
  work: () => true,
  fragments: () => true,
  REF: inner => inner === 'SUP' || inner === 'SUB'
};

function notClosed({ text, from }: Opening, before: string, say: Say): Problem {
  return {
    from,
    to: from + text.length,
    severity: 'warning',
    message: say('%1 is not closed before %2.', text, before)
  };
}

/** Return the special tokens that have no partner. */
export function checkTokens(text: string, say: Say): Problem[] {
  const problems: Problem[] = [];
  let open: Opening[] = [];
  for (const found of text.matchAll(anyToken())) {
    const [token] = found;
    const { edge, kind, slash, tag } = found.groups ?? {};
    const name = kind ?? tag;
    const flag = (left: Opening[]) =>
      problems.push(...left.map(each => notClosed(each, token, say)));
    if (token === '</s>') {
      flag(open);
      open = [];
    } else if (edge === 'START' || slash === '') {
      const fits = (each: Opening) =>
        each.name !== name && HOLDS[each.name]?.(name);
      flag(open.filter(each => !fits(each)));
      open = open.filter(fits);
      open.push({ name, text: token, from: found.index });
    } else if (name) {
      const partner = open.map(each => each.name).lastIndexOf(name);
      if (partner < 0) {
        const opening = tag ? `<${tag}>` : `[START_${kind}]`;
        problems.push({
          from: found.index,
          to: found.index + token.length,
          severity: 'warning',
          message: say('%1 has no %2 before it.', token, opening)
        });
      } else {
        flag(open.splice(partner).slice(1));
      }
    }
  }
  return problems;
}

/** Return what looks like a special token and is none. */
export function checkNames(
  text: string,
  known: readonly string[],
  hint: (word: string) => string,
  say: Say
): Problem[] {
  return [...text.matchAll(/\[(?:START|END)_[A-Z_]*\]/g)]
    .filter(([token]) => !known.includes(token))
    .map(({ 0: token, index }) => ({
      from: index,
      to: index + token.length,
      severity: 'warning',
      message: say('There is no special token %1.', token) + hint(token)
    }));
}

const CODE = /^ {0,3}(`{3,}|~{3,})[^]*?(?:^ {0,3}\1|(?![^]))|`[^`\n]*`/gm;
const SEQUENCE =
  /(?<=\[START_(?:DNA|AMINO|SMILES|I_SMILES)\])[^[<\n]*(?:\[(?!END)[^[<\n]*)*/g;

/** Return the formulas `\(…\)` and `\[…\]` that have no partner. */
export function checkFormulas(text: string, say: Say): Problem[] {
  const blank = (found: string) => found.replace(/\S/g, ' ');
  const plain = text.replace(CODE, blank).replace(SEQUENCE, blank);
  const problems: Problem[] = [];
  let open: Opening | null = null;
  for (const { 0: found, index } of plain.matchAll(
    /\\[^]|\n[ \t]*\n(?=\s*\S)/g
  )) {
    if (found === '\\(' || found === '\\[') {
      if (open) {
        problems.push(notClosed(open, found, say));
      }
      open = { name: found, text: found, from: index };
    } else if (found === '\\)' || found === '\\]') {
      const opening = found === '\\)' ? '\\(' : '\\[';
      if (open?.name === opening) {
        open = null;
      } else if (open) {
        problems.push(notClosed(open, found, say));
        open = null;
      } else {
        problems.push({
          from: index,
          to: index + 2,
          severity: 'warning',
          message: say('%1 has no %2 before it.', found, opening)
        });
      }
    } else if (open && found.startsWith('\n')) {
      problems.push(notClosed(open, say('the paragraph ends'), say));
      open = null;
    }
  }
  return problems;
}

/** Return the expression that is never closed, which the kernel refuses. */
export function checkExpressions(text: string, say: Say): Problem[] {
  let open = -1;
  for (const { 0: found, index } of text.matchAll(/\\\{\{|\{\{|\}\}/g)) {
    if (found === '{{' && open < 0) {
      open = index;
    } else if (found === '}}') {
      open = -1;
    }
  }
  const message = say(
    'A {{ is never closed: write }}, or add --raw if the braces are meant literally.'
  );
  return open < 0
    ? []
    : [{ from: open, to: open + 2, severity: 'error', message }];
}
