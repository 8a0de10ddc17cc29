/** A record in; for each of its texts, the tokens as buttons, out. */

import type { Translation } from '../translation';

import { make } from './dom';
import type { GenerationRecord, Token } from './record';
import { nats, percent, probability, shade, visibleToken } from './words';

/** Draw the tokens; where there are several texts, each has a heading. */
export function tokenLists(
  record: GenerationRecord,
  trans: Translation
): Node[] {
  const count = record.sequences.length;
  return record.sequences.flatMap(({ tokens }, index) => {
    const label = trans.__('%1 of %2', index + 1, count);
    const group = make('div', { className: 'galai-token-list' });
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', trans.__('Tokens of text %1', label));
    tokens.forEach((token, at) => {
      const node = tokenButton(token, trans);
      node.classList.toggle('galai-chosen', at + 1 === record.given);
      node.dataset.sequence = String(index);
      node.dataset.place = String(at + 1);
      group.append(node);
      if (token.text.includes('\n')) {
        group.append(make('br'));
      }
    });
    const heading = make('p', {}, make('strong', {}, label));
    return count > 1 ? [heading, group] : [group];
  });
}

function tokenButton(token: Token, trans: Translation): HTMLElement {
  const value = percent(token.logProbability);
  const shown = visibleToken(token.text);
  const node = make(
    'button',
    {
      type: 'button',
      className: 'galai-token',
      tabIndex: -1,
      title: trans.__(
        '%1 %, log-probability %2, id %3',
        value,
        nats(token.logProbability),
        token.id
      ),
      ariaLabel: trans.__('%1, %2 percent', shown, value),
      ariaHasPopup: 'dialog'
    },
    shown,
    make('sub', {}, (100 * probability(token.logProbability)).toFixed(0))
  );
  node.style.backgroundColor = shade(token.logProbability);
  return node;
}
