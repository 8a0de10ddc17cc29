"""What a key costs in a long ``%%galactica`` cell: milliseconds in a real browser, from one run.

    python -m benchmarks.typing [--lines 2000] [--keys 20] [--rounds 3]

JupyterLab shows three cells: a ``%%galactica`` cell, the same text without its first line (which
JupyterLab takes for Python), and as many lines of real Python. Keys are typed near the beginning,
in the middle and at the end of each, in turns. Measured is the page's work for a key: from the
keydown to the frame that shows it, without the wait for that frame (median and 95th percentile),
and the processor time of the page's main thread, which a busy machine does not change, with the
ratio of its medians. The built extension must be installed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

from tests.browser_tools import chromium
from tests.jupyterlab import NotebookPage, jupyterlab

_PROSE = r"""# The Transformer
The *Transformer* architecture [START_REF] Attention is All you Need, Vaswani[END_REF] costs
\(O(n^2)\) operations, $n$ of them in {{parallel}}, or **less** for x[START_SUP]2[END_SUP].

\[
+ \sum_{i=1}^n \frac{x_i}{n}
- \mu
\]

- aspirin is [START_SMILES]CC(=O)OC1=CC=CC=C1C(=O)O[END_SMILES] for $5 or `less`
- a second item

<work>
calc_1.py 2 + 2 = 4
</work>
""".splitlines()

_CODE = """def transform(values, weight=0.5):
    \"\"\"Return the weighted sum of values.\"\"\"
    total = sum(value * weight for value in values if value is not None)
    return f"{total:.2f}"

""".splitlines()

_CELLS = ("%%galactica", "the same text as Python", "Python")

_EDITOR = "window.jupyterapp.shell.currentWidget.content.widgets[cell].editor.editor"

_WATCH = """() => {
  window.times = [];
  window.addEventListener("keydown", () => {
    const pressed = performance.now();
    let updated = pressed;
    const active = document.activeElement;
    const observer = new MutationObserver(() => { updated = performance.now(); });
    observer.observe(active, { childList: true, characterData: true, subtree: true });
    requestAnimationFrame(() => {
      const frame = performance.now();
      observer.disconnect();
      const shown = new MessageChannel();
      shown.port1.onmessage = () => {
        window.times.push(updated - pressed + performance.now() - frame);
      };
      shown.port2.postMessage(0);
    });
  }, true);
}"""

_GO = f"""([cell, share]) => {{
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = cell;
  notebook.mode = "edit";
  const view = {_EDITOR};
  const line = view.state.doc.line(2 + Math.round(share * (view.state.doc.lines - 2)));
  view.dispatch({{ selection: {{ anchor: line.to }}, scrollIntoView: true }});
  view.focus();
}}"""


class Key(NamedTuple):
    """Milliseconds that one key took."""

    shown: float
    processor: float


def type_keys(page: Any, chrome: Any, cell: int, share: float, keys: int) -> list[Key]:
    """Type at a share of a cell's lines; return what each key took."""
    page.evaluate(_GO, [cell, share])
    # What moving there set off is not the keys': highlighting of the part that came into view.
    page.evaluate("() => new Promise(done => requestIdleCallback(done, { timeout: 2000 }))")
    page.evaluate("() => { window.times = []; }")
    spent = [_processor_time(chrome)]
    for number in range(keys):
        page.keyboard.press("abcdefghij "[number % 11])
        page.wait_for_function("(typed) => window.times.length === typed", arg=number + 1)
        spent.append(_processor_time(chrome))
    shown: list[float] = page.evaluate("() => window.times")
    return [
        Key(time, 1000 * (after - before))
        for time, before, after in zip(shown, spent, spent[1:], strict=False)
    ]


def _processor_time(chrome: Any) -> float:
    """Return the seconds that the page's main thread has worked."""
    metrics = chrome.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def measure(lines: int, keys: int, rounds: int) -> dict[str, list[Key]]:
    """Return what all keys took in each cell."""
    prose = "\n".join(islice(cycle(_PROSE), lines - 1))
    code = "\n".join(islice(cycle(_CODE), lines))
    times: dict[str, list[Key]] = {name: [] for name in _CELLS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with jupyterlab(folder) as address, chromium() as browser:
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            NotebookPage(page, address, folder, f"%%galactica\n{prose}", prose, code)
            page.wait_for_selector("[data-language=galactica]")
            page.evaluate(_WATCH)
            chrome = page.context.new_cdp_session(page)
            chrome.send("Performance.enable", {"timeDomain": "threadTicks"})
            for turn in range(rounds + 1):
                for share in (0.01, 0.5, 1.0):
                    for cell, kind in enumerate(_CELLS):
                        found = type_keys(page, chrome, cell, share, keys)
                        if turn > 0:  # the first round warms up
                            times[kind] += found
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    times = measure(options.lines, options.keys, options.rounds)
    own = statistics.median(key.processor for key in times["%%galactica"])
    print(f"{'ms per key':<24}{'shown':>8}{'95th':>8}{'processor':>11}{'95th':>8}{'ratio':>8}")
    for kind, each in times.items():
        shown = sorted(key.shown for key in each)
        processor = sorted(key.processor for key in each)
        median = statistics.median(processor)
        print(
            f"{kind:<24}{statistics.median(shown):8.1f}{_late(shown):8.1f}"
            f"{median:11.1f}{_late(processor):8.1f}{own / median:8.2f}"
        )


def _late(times: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
