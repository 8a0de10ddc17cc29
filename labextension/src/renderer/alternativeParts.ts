/** An alternative in, its row out; and the controls above and below the rows. */

import type { Translation } from '../translation';

import { button, make } from './dom';
import type { Alternative } from './record';
import { Order, percent, visibleToken } from './words';

/** Goes on from a token's id, or from a text. */
export type Branch = (chosen: number | string) => void;

/** Draw an alternative, with a button that branches there unless it is what was written. */
export function alternativeRow(
  each: Alternative,
  written: Alternative,
  branch: Branch,
  trans: Translation
): HTMLElement {
  const share = make('span', { className: 'galai-share' });
  share.style.width = `${percent(each.logProbability)}%`;
  const shown = visibleToken(each.text);
  const row = make(
    'li',
    { className: 'galai-alternative' },
    make('code', {}, shown),
    make('span', { className: 'galai-bar' }, share),
    make(
      'span',
      { className: 'galai-percent' },
      percent(each.logProbability) + ' %'
    )
  );
  if (each.id === written.id) {
    row.append(make('em', {}, trans.__('written')));
  } else {
    const here = button(
      trans.__('Branch here'),
      'galai-button galai-branch',
      () => branch(each.id)
    );
    here.ariaLabel = trans.__('Branch here with ‘%1’', shown);
    row.append(here);
  }
  return row;
}

/** Make the choice of an order. */
export function orderChoice(trans: Translation): HTMLSelectElement {
  const option = (value: Order, label: string) =>
    make('option', { value }, label);
  return make(
    'select',
    { ariaLabel: trans.__('Sort alternatives') },
    option('probability', trans.__('Likeliest first')),
    option('alphabet', trans.__('In alphabetical order'))
  );
}

/** Make a field for anything else that could stand there. */
export function otherText(branch: Branch, trans: Translation): HTMLElement {
  const input = make('input', {
    type: 'text',
    className: 'galai-other',
    placeholder: trans.__('another text'),
    ariaLabel: trans.__('Another text to go on from; mind the space')
  });
  const go = make('button', { className: 'galai-button' }, trans.__('Branch'));
  const form = make('form', {}, input, go);
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (input.value) {
      branch(input.value);
    }
  });
  return form;
}
