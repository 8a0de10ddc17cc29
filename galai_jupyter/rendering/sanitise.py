"""HTML or Markdown in; the same without harm out: the last step, whatever the writers let by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from galai_jupyter.rendering.markdown_engine import spare_links

_TEXT_TAGS = {"a", "br", "cite", "em", "hr", "strong", "wbr"}
_BLOCK_TAGS = {"h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "sup", "ul"}
_TABLE_TAGS = {"tbody", "thead", "tr"}
_STYLED_TAGS = {
    *("blockquote", "code", "del", "details", "div", "footer", "ins", "p", "pre", "samp"),
    *("small", "span", "sub", "summary", "table", "td", "th"),
}
_TAGS = _TEXT_TAGS | _BLOCK_TAGS | _TABLE_TAGS | _STYLED_TAGS
_ATTRIBUTES = {tag: {"style"} for tag in _STYLED_TAGS} | {
    "a": {"href", "title"},
    "code": {"style", "title"},
    "details": {"open", "style"},
    "ol": {"start"},
    "span": {"style", "title"},
    "sub": {"style", "title"},
    "sup": {"title"},
}
_IGNORED = {"mathjax_ignore", "tex2jax_ignore"}
_CLASSES = {
    "code": _IGNORED,
    "div": {"galai-text", "galai-tokens"} | _IGNORED,
    "pre": _IGNORED,
    "span": {"galai-math"} | _IGNORED,
}
_PROPERTIES = {
    *("background-color", "display", "overflow-wrap", "overflow-x", "overflow-y"),
    *("border", "border-collapse", "border-left", "border-radius", "border-style", "border-top"),
    *("box-sizing", "margin", "margin-right", "margin-top", "padding", "padding-top"),
    *("font-family", "font-size", "font-weight", "line-height", "text-align", "white-space"),
    *("max-width", "min-width", "vertical-align", "width"),
}


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    allowed_classes=_CLASSES,
    filter_style_properties=_PROPERTIES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)


def sanitise(html: str) -> str:
    """Return `html` with allowed tags, attributes, classes, style properties and links only."""
    return _CLEANER.clean(html)


_RAW_HTML = re.compile(r"</?(?:samp|span|sub|sup)>")
_SUSPECT = re.compile(r"<(?!/?(?:samp|span|sub|sup)>)|\][(\[:]|!\[")
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": True, "maxNesting": 50}).enable("table")
    spare_links(reader)
    return reader


def is_harmless_markdown(markdown: str) -> bool:
    """Return whether `markdown` has no raw HTML but our own, no images and only safe links."""
    if not _SUSPECT.search(markdown):
        return True
    return all(map(_is_harmless, _with_children(_reader().parse(markdown))))


def _with_children(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _is_harmless(token: Token) -> bool:
    match token.type:
        case "html_inline":
            return _RAW_HTML.fullmatch(token.content) is not None
        case "html_block" | "image":
            return False
        case "link_open":
            return _LINK.match(str(token.attrs["href"])) is not None
    return True
