/** Galactica's special tokens as patterns; galai_jupyter/tokens.py has the list. */

const KINDS = 'REF|SUP|SUB|DNA|AMINO|SMILES|I_SMILES';

const SOURCE = `\\[(?<edge>START|END)_(?<kind>${KINDS})\\]|\\[IMAGE\\]|<(?<slash>/?)(?<tag>work|fragments)>|</?s>|<pad>|<unk>`;

/** A special token anywhere; `edge`, `kind`, `slash` and `tag` tell which. */
export function anyToken(): RegExp {
  return new RegExp(SOURCE, 'g');
}

/** A special token right at `lastIndex`. */
export function tokenHere(): RegExp {
  return new RegExp(SOURCE, 'y');
}

/** What begins like a special token and is still being typed. */
export const TOKEN_START = /(\[[A-Z_]*|<\/?[a-z]*)$/;
