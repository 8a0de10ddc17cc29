"""Hostile and broken texts: nothing raises, nothing harmful survives, nothing is lost."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from galai_jupyter.rendering import (
    streaming_bundle,
    to_html,
    to_latex,
    to_markdown,
    to_plain,
)
from galai_jupyter.rendering.markdown_engine import clean_text
from galai_jupyter.rendering.segmenter import segment

ATTACKS = json.loads((Path(__file__).parent / "data" / "attacks.json").read_text(encoding="utf-8"))
PIECES = [
    *(r"\( \) \[ \] $ $$ \begin{align} \end{align} \begin{x} \ref{a} \\ \frac{a}{b}".split()),
    *("` `` ``` ~~~ * ** _ __ # ## - + 1. > | [ ] ( ) ! < > & \\ { } ^ ~ % ' \" : = x_1".split()),
    *("<work> </work> [START_REF] [END_REF] [START_SUP] [END_SUP] [IMAGE] </s> <pad>".split()),
    *("[START_SMILES] [END_SMILES] [START_DNA] [END_DNA] <fragments> </fragments>".split()),
    *("[a](http://e.org) [a](javascript:x) ![a](http://e.org/i.png) <http://e.org> [a]:".split()),
    *("<script>alert(1)</script> <img/src=x> &lt; &#36; &#92;".split()),
    *("\ue000", "\ue001", "\ue002", "\x00"),
    *("word é 𝛼 5 $5 http://e.org javascript:".split()),
    *("\n", "\n\n", "\r\n", " ", "    ", "\t", "```python\n", "\n```\n", "|a|b|\n|-|-|\n|c|d|\n"),
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)
MODES = st.sampled_from(["badge", "plain", "hide"])

TAGS = set(
    "a blockquote br cite code details div em footer h1 h2 h3 h4 h5 h6 hr li ol p pre samp small "
    "span strong sub summary sup table tbody td th thead tr ul wbr".split()
)  # fmt: skip
ATTRIBUTES = {"class", "href", "open", "rel", "start", "style", "title"}
PROPERTY = re.compile(r"(position|z-index|inset|top|left|url|transform|opacity|fixed)\b")


class Reader(HTMLParser):
    """Reads HTML as a browser does, and complains about what must not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.verbatim: list[bool] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name == "href":
                assert re.match("https?://|mailto:", value or "", re.IGNORECASE)
            if name == "style":
                for declaration in (value or "").split(";"):
                    assert not PROPERTY.match(declaration.strip()), declaration
        if tag not in ("br", "hr", "wbr"):
            names = dict(attrs).get("class") or ""
            outer = bool(self.verbatim) and self.verbatim[-1]
            self.verbatim.append(outer or "galai-math" in names or "mathjax_ignore" in names)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("br", "hr", "wbr"):
            self.verbatim.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if not (self.verbatim and self.verbatim[-1]):
            for character in "$\\`":
                assert character not in data or data == character


def read(html: str) -> str:
    """Return the text of `html`, checked."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


class MarkdownReader(Reader):
    """The same for Markdown as a front-end shows it."""

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_markdown(markdown: str) -> str:
    reader = MarkdownReader()
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


@given(TEXTS, TEXTS, MODES)
@settings(max_examples=400, deadline=None)
def test_every_text_can_be_written_and_is_harmless(prompt: str, text: str, mode: str) -> None:
    read(to_html(text, prompt=prompt, special_tokens=mode))
    read_markdown(to_markdown(text, prompt=prompt, special_tokens=mode))
    to_latex(text, prompt=prompt, special_tokens=mode)
    read(streaming_bundle(prompt, text, special_tokens=mode, html=True)["text/html"])


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_segments_are_the_text(text: str) -> None:
    clean = clean_text(text)
    assert "".join(piece.source for piece in segment(clean)) == clean
    assert to_plain(text) == clean


WORDS = st.lists(
    st.sampled_from(
        "word $5 a_b *x* **y** `z` # - 1. > [a] (b) <b> & \\ \\[ $$ <work> \n \n\n".split(" ")
    ),
    max_size=25,
).map(" ".join)


@given(WORDS)
@settings(max_examples=300, deadline=None)
def test_no_word_is_lost(text: str) -> None:
    shown = read(to_html(text))
    for word in ("word", "a_b", "(b)", "<b>"):
        assert shown.count(word) == text.count(word)


AROUND = (
    *("{}", "a {} b", "# {}", "| {} |\n|---|\n| {} |", "> {}", "**{}**", "[x]({})"),
    *("[START_REF] {}[END_REF]", "<work>{}</work>", "[START_SMILES]{}[END_SMILES]"),
    *("`{}`", "```{}\n{}\n```", "\\({}\\)", "$${}$$", "\\[\\text{{{}}}\\]"),
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("around", AROUND)
def test_attacks_come_to_nothing(attack: str, around: str) -> None:
    text = around.format(*[attack] * 2)
    read(to_html(text))
    read_markdown(to_markdown(text))
    latex = re.sub(r"(?s)\\begin\{verbatim\}.*?\\end\{verbatim\}", "", to_latex(text))
    assert not re.search(r"\\(?:input|write|href\{javascript|def|let|newcommand|url)", latex)
