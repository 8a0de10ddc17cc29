/**
 * The static HTML of a generation, as JupyterLab shows it, in; its parts folded or sorted, out.
 *
 * Nothing is added to the HTML and nothing taken away, so its text stays the same.
 */

import { GenerationRecord, meanLogProbability } from './record';

export type SequenceOrder = 'written' | 'probability' | 'length';

/** Return the `<work>` blocks: the summary of each begins with that token, or names it. */
export function workBlocks(root: Element): HTMLDetailsElement[] {
  return [
    ...root.querySelectorAll<HTMLDetailsElement>('.galai-text details')
  ].filter(each => /^\s*(<work>)?\s*working\s*$/.test(summaryOf(each)));
}

/** Fold all work blocks, or open all of them. */
export function fold(blocks: HTMLDetailsElement[], folded: boolean): void {
  blocks.forEach(each => {
    each.open = !folded;
  });
}

/** Do `draw`, which makes the HTML anew at once, and leave open or folded what was. */
export async function keepingFolds(
  root: Element,
  draw: () => Promise<void>
): Promise<void> {
  const all = () => [...root.querySelectorAll('details')];
  const before = all().map(each => [summaryOf(each), each.open] as const);
  const drawn = draw();
  const after = all();
  after.forEach((each, index) => {
    const [summary, open] = before[index] ?? [];
    const same = after.length === before.length || summary === summaryOf(each);
    each.open = same && open !== undefined ? open : each.open;
  });
  await drawn;
}

/** Return the boxes in which several sequences stand side by side; none if there is but one. */
export function sequenceBoxes(root: Element, count: number): HTMLElement[] {
  const boxes: HTMLElement[] = [];
  for (let number = 1; count > 1 && number <= count; number++) {
    const label = `${number} of ${count}`;
    const heading = [
      ...root.querySelectorAll('div > p:first-child > strong')
    ].find(each => each.textContent === label && !each.closest('.galai-text'));
    if (!heading) {
      return [];
    }
    boxes.push(heading.parentElement!.parentElement!);
  }
  const parent = boxes[0]?.parentElement;
  return boxes.every(each => each.parentElement === parent) ? boxes : [];
}

/** Put the boxes of the sequences into an order. */
export function sortBoxes(
  boxes: HTMLElement[],
  record: GenerationRecord,
  order: SequenceOrder
): void {
  const key = (index: number): number => {
    const sequence = record.sequences[index];
    switch (order) {
      case 'probability':
        return -meanLogProbability(sequence);
      case 'length':
        return sequence.tokens.length;
      default:
        return index;
    }
  };
  const ranked = boxes.map((box, index) => ({ box, index }));
  ranked.sort((a, b) => key(a.index) - key(b.index) || a.index - b.index);
  ranked.forEach(({ box }) => box.parentElement!.append(box));
}

function summaryOf(details: Element): string {
  return details.querySelector(':scope > summary')?.textContent ?? '';
}
