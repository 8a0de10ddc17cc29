/**
 * A kernel's answers in; suggestions, and what a reader is told about them, out.
 *
 * Knows neither JupyterLab nor the DOM.
 */

import type { Translation } from '../translation';

import type { Place } from './place';
import type { Settings } from './settings';
import { Paper, writeCitationAt, writeContinuationAt } from './writing';

/** What is shown at the cursor: a text that can be accepted, and a note that cannot. */
export interface Suggestion {
  text: string;
  note: string;
  /** How sure the model is, for the note's colour. */
  label: string;
}

/** A message in place of suggestions. */
export function message(note: string): Suggestion {
  return { text: '', note, label: '' };
}

/** Say that an answer is on its way. */
export function waiting(place: Place, trans: Translation): Suggestion {
  const cites = place.kind === 'citation';
  return message(cites ? trans.__('Looking for papers…') : trans.__('…'));
}

/** Return the suggestions of one answer; there is at least one. */
export function readAnswer(
  value: unknown,
  place: Place,
  settings: Settings,
  trans: Translation
): Suggestion[] {
  const answer = value as {
    loading?: string;
    text?: string;
    references?: Paper[];
    calibrated?: boolean;
  };
  if (answer.loading !== undefined) {
    const note = trans.__('Loading the bundled %1 model…', answer.loading);
    return [message(note)];
  }
  const papers = answer.references ?? [];
  if (answer.text !== undefined) {
    const text = writeContinuationAt(
      place,
      answer.text,
      papers,
      settings.format
    );
    return [{ text, note: '', label: '' }];
  }
  if (papers.length === 0) {
    return [message(trans.__('No paper that I am sure of.'))];
  }
  return papers.map((paper, index) => ({
    text: writeCitationAt(place, paper, settings.format),
    note: describe(paper, answer.calibrated === true, trans).concat(
      papers.length > 1 ? `  ${index + 1}/${papers.length}` : ''
    ),
    label: paper.label
  }));
}

/** Return what is shown once an answer has ended. */
export function atTheEnd(
  suggestions: Suggestion[],
  trans: Translation
): Suggestion[] {
  if (suggestions.some(each => each.text.trim())) {
    return suggestions;
  }
  const told = suggestions.find(
    each => each.note && each.note !== trans.__('…')
  );
  return [told ?? message(trans.__('The model would end here.'))];
}

/** Say how sure the model is of a paper, and where it was found. */
function describe(
  paper: Paper,
  calibrated: boolean,
  trans: Translation
): string {
  const labels: Record<string, string> = {
    likely: trans.__('likely'),
    uncertain: trans.__('uncertain'),
    unlikely: trans.__('unlikely'),
    'probably invented': trans.__('probably invented')
  };
  const percent = Math.round(100 * (paper.confidence ?? 0));
  const sure = `${labels[paper.label] ?? paper.label}, ${percent} %`;
  const parts = [
    paper.source ? trans.__('in %1', paper.source) : '',
    calibrated ? sure : `${sure} (${trans.__('not calibrated')})`
  ];
  return parts.filter(part => part).join(' · ');
}
