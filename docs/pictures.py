"""JupyterLab in; the README's screenshot and animation out: ``make pictures``."""

from __future__ import annotations

import io
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser_tools import chromium
from tests.jupyterlab import NotebookPage, jupyterlab

IMAGES = Path(__file__).parent / "images"
SIZE = {"width": 1000, "height": 640}
LOAD = "%load_ext galai_jupyter\n%galactica load demo"
CITATION = "%%galactica --max-new-tokens 40\nThe Transformer architecture [START_REF]"
FORMULA = "%%galactica --max-new-tokens 80\nThe Riemann zeta function is given by:\n\n\\["
SUGGESTIONS = "%%galactica cite --suggestions 3\nA survey paper on the amyloid hypothesis"

TYPESET = r"""() => ![...document.querySelectorAll('.jp-OutputArea-output')]
  .some(output => /\\[([]/.test(output.innerText))"""
"""Whether MathJax has set all formulas."""

Frame = tuple[Image.Image, int]
"""A picture and for how many milliseconds it is shown."""


class Film:
    """Pictures of a browser tab, each with the time that it stood there."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._shots: list[tuple[float, bytes, int]] = []

    def shoot(self, least: int = 60) -> None:
        """Add what the tab shows now, if it has changed, for `least` milliseconds or longer."""
        picture = self._page.screenshot()
        if not self._shots or self._shots[-1][1] != picture:
            self._shots.append((time.monotonic(), picture, least))

    def frames(self, last: int = 2500) -> Iterator[Frame]:
        """Yield the pictures; none stands for longer than a second, but for the last."""
        ends = [*(moment for moment, _, _ in self._shots[1:]), None]
        for (moment, picture, least), end in zip(self._shots, ends, strict=True):
            shown = last if end is None else min(1000, max(least, round(1000 * (end - moment))))
            yield Image.open(io.BytesIO(picture)).convert("RGB"), shown


def save(frames: list[Frame], path: Path) -> None:
    """Write an animation in one palette of 64 colours, which keeps it small."""
    palette = frames[-1][0].quantize(64)
    pictures = [
        picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames
    ]
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=[shown for _, shown in frames],
        loop=0,
        optimize=True,
    )


def write_and_run(notebook: NotebookPage, cell: int, source: str, film: Film) -> None:
    """Type a cell as a person does, run it, and film until it has ended."""
    page = notebook.page
    page.evaluate(
        """(cell) => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          notebook.activeCellIndex = cell;
          notebook.mode = 'edit';
          notebook.scrollToItem(cell, 'start');
        }""",
        cell,
    )
    for part in re.findall(r"\S*\s*", source):
        page.keyboard.insert_text(part)
        film.shoot(least=160)
    notebook.start(cell)
    while notebook.execution_count(cell) is None:
        film.shoot()
    page.wait_for_function(TYPESET)
    film.shoot(least=1000)


def main() -> None:
    """Film three cells and the panel; the last frame is the screenshot."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as name,
        jupyterlab(Path(name)) as address,
        chromium() as browser,
    ):
        page = browser.new_context(viewport=SIZE).new_page()
        notebook = NotebookPage(page, address, Path(name), LOAD, "", "", "")
        notebook.run(0)
        notebook.command("application:toggle-left-area")
        film = Film(page)
        for cell, source in enumerate((CITATION, FORMULA, SUGGESTIONS), 1):
            write_and_run(notebook, cell, source, film)
        notebook.command("galai:panel")
        page.wait_for_selector(".galai-panel")
        film.shoot()
        frames = list(film.frames())
    save(frames, IMAGES / "galactica.gif")
    frames[-1][0].save(IMAGES / "panel.png", optimize=True)
    for path in sorted(IMAGES.iterdir()):
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
