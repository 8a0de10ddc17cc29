/** The text of a Galactica cell in; underlines under its problems, with a text to hover over, out. */

import { Extension, Prec, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  DecorationSet,
  EditorView,
  hoverTooltip,
  Tooltip,
  TooltipView,
  ViewPlugin,
  ViewUpdate
} from '@codemirror/view';

import { check } from './check';
import { isGalactica } from './highlighting';
import type { Host } from './host';
import type { Problem } from './problem';

/** How long a person must have stopped typing, in milliseconds. */
const PAUSE = 400;

const found = StateEffect.define<Problem[]>();

/** The underlines of a cell. */
export const underlines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(found)) {
        return Decoration.set(effect.value.map(underline), true);
      }
    }
    return value.map(transaction.changes);
  },
  // Around other marks, such as those of matching brackets, which would cut the line into pieces.
  provide: field => Prec.lowest(EditorView.decorations.from(field))
});

function underline(problem: Problem) {
  return Decoration.mark({
    class: `galai-problem galai-mod-${problem.severity}`,
    attributes: { 'aria-description': problem.message },
    problem
  }).range(problem.from, problem.to);
}

/** Return the extension that checks Galactica cells when nobody types. */
export function checking(host: Host): Extension {
  const checker = ViewPlugin.define(view => new Checker(view, host));
  return [underlines, checker, hoverTooltip(explain)];
}

class Checker {
  constructor(
    private readonly view: EditorView,
    private readonly host: Host
  ) {
    this.unsubscribe = host.subscribe(() => this.schedule());
    this.schedule();
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) {
      this.schedule();
    }
  }

  destroy(): void {
    this.unsubscribe();
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), PAUSE);
  }

  private run(): void {
    const { view, host } = this;
    const active =
      host.switches.checks &&
      !view.state.readOnly &&
      view.state.field(isGalactica);
    const problems = active
      ? check(view.state.doc.toString(), host.words(view), host.say)
      : [];
    if (problems.length > 0 || view.state.field(underlines).size > 0) {
      view.dispatch({ effects: found.of(problems) });
    }
  }

  private readonly unsubscribe: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
}

function explain(view: EditorView, pos: number, side: -1 | 1): Tooltip | null {
  let tooltip: Tooltip | null = null;
  view.state.field(underlines).between(pos, pos, (from, to, { spec }) => {
    const beside = (from === pos && side < 0) || (to === pos && side > 0);
    if (!beside) {
      const create = () => hint(spec.problem);
      tooltip = { pos: from, end: to, above: true, create };
    }
  });
  return tooltip;
}

function hint({ message, severity }: Problem): TooltipView {
  const dom = document.createElement('div');
  dom.className = `galai-hint galai-mod-${severity}`;
  dom.textContent = message;
  return { dom };
}
