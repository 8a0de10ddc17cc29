/**
 * What a model wrote in; what is put into a cell out.
 *
 * Knows neither JupyterLab nor the DOM. Titles are generated: they stay plain text.
 */

import type { Place } from './place';
import type { Format } from './settings';

/** A paper, as the kernel describes it. */
export interface Paper {
  title: string;
  author: string;
  key: string;
  source: string;
  doi: string;
  url: string;
  confidence: number | null;
  label: string;
}

const SEARCH = 'https://scholar.google.com/scholar?q=';
const REFERENCE = /\[START_REF\](.*?)\[END_REF\]/gs;
const SEQUENCE =
  /\[START_(DNA|AMINO|SMILES|I_SMILES)\](.*?)(\[END_\1\]|(?=\[START_)|$)/gs;
const SCRIPT = /\[START_(SUP|SUB)\](.*?)\[END_\1\]/gs;
const OPEN_AT_END = /\[START_(REF|SUP|SUB)\](?!.*\[END_\1\]).*$/s;
const OTHER_TOKEN = /\[(START|END)_[A-Z_]+\]|\[IMAGE\]|<\/?(work|fragments)>/g;

/** Return a paper as it is cited in Markdown. */
export function writeCitation(paper: Paper, format: Format): string {
  switch (format) {
    case 'latex':
      return `\\cite{${paper.key}}`;
    case 'pandoc':
      return `[@${paper.key}]`;
    case 'link':
      return `[${plain(paper).replace(/[\\[\]]/g, '\\$&')}](${address(paper)})`;
    case 'plain':
      return plain(paper);
  }
}

/** Return a citation as it is put at a place; what stands at its mark goes. */
export function writeCitationAt(
  place: Place,
  paper: Paper,
  format: Format
): string {
  if (place.isPrompt) {
    const named = ` ${[paper.title, paper.author].filter(each => each).join(', ')}[END_REF]`;
    return place.mark ? named : `${space(place.written)}[START_REF]${named}`;
  }
  const gap = place.mark ? '' : space(place.written);
  return gap + writeCitation(paper, format);
}

/**
 * Return a continuation as it is put at a place.
 *
 * In a prompt it is as the model wrote it. In Markdown its references become citations, its
 * formulas are put between dollars, and other tokens of Galactica's become what they stand for.
 */
export function writeContinuationAt(
  place: Place,
  text: string,
  papers: readonly Paper[],
  format: Format
): string {
  const fitting = /\s$/.test(place.written) ? text.replace(/^ +/, '') : text;
  if (place.isPrompt) {
    return fitting;
  }
  let number = 0;
  return fitting
    .replace(REFERENCE, (_, inside: string) => {
      const paper = inside.trim() ? papers[number++] : undefined;
      return paper ? writeCitation(paper, format) : '';
    })
    .replace(OPEN_AT_END, '')
    .replace(SCRIPT, (_, kind: string, inside: string) => {
      const tag = kind.toLowerCase();
      return `<${tag}>${inside}</${tag}>`;
    })
    .replace(SEQUENCE, (_, __, inside: string) => `\`${inside}\``)
    .replace(OTHER_TOKEN, '')
    .replace(/\\\(\s*(.*?)\s*\\\)/gs, (_, formula: string) => `$${formula}$`)
    .replace(/\\\[(.*?)\\\]/gs, (_, formula: string) => `$$${formula}$$`);
}

function plain(paper: Paper): string {
  return [paper.title, paper.author]
    .filter(each => each)
    .join(', ')
    .replace(SCRIPT, '$2')
    .replace(OTHER_TOKEN, '')
    .replace(/\s+/g, ' ');
}

/** Return where a reader can look a paper up; nothing is fetched from there. */
function address(paper: Paper): string {
  const doi = paper.doi.replace(/^https?:\/\/(dx\.)?doi\.org\//i, '');
  if (doi) {
    return `https://doi.org/${withoutBrackets(encodeURI(doi))}`;
  }
  if (/^https?:\/\/\S+$/i.test(paper.url)) {
    return withoutBrackets(encodeURI(decodeSafely(paper.url)));
  }
  return SEARCH + withoutBrackets(encodeURIComponent(plain(paper)));
}

function decodeSafely(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

/** Brackets and angles would end a Markdown link. */
function withoutBrackets(url: string): string {
  return url.replace(
    /[()<>]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
}

/** Return the space that a word needs behind a text. */
function space(text: string): string {
  return !text || /[\s([{“‘~]$/.test(text) ? '' : ' ';
}
