"""What the HTML of a text looks like."""

from __future__ import annotations

import pytest

from galai_jupyter.rendering import to_html


def body(text: str, **options: str) -> str:
    """Return the HTML inside the frame that all texts have."""
    html = to_html(text, **options)
    start = '<div class="galai-text" style="overflow-wrap:break-word">\n'
    assert html.startswith(start) and html.endswith("</div>")
    return html[len(start) : -len("</div>")].strip()


def test_formulas_are_left_to_mathjax() -> None:
    assert body("Let $x<1$.") == r'<p>Let <span class="galai-math">\(x&lt;1\)</span>.</p>'
    assert r'">\[ a &amp; b \]</span>' not in body(r"\[ a & b \]")
    assert r"\[\begin{align}a &amp;= b\end{align}\]" in body(r"\begin{align}a &= b\end{align}")


def test_chemistry_loads_its_extension() -> None:
    assert r"\(\require{mhchem}\ce{H2O}\)" in body(r"\(\ce{H2O}\)")


def test_refused_formulas_are_code() -> None:
    html = body(r"\(\href{javascript:x}{y}\)")
    assert html.startswith('<p><code class="mathjax_ignore tex2jax_ignore"')
    assert r"\(\href{javascript:x}{y}\)</code>" in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$5", "<span>$</span>5"),
        (r"\ref{a} \[", r"<span>\</span>ref{a} <span>\</span>["),
        ("&#36;x&#36;", "<span>$</span>x<span>$</span>"),
        ("a ` b", "a <span>`</span> b"),
    ],
)
def test_text_holds_nothing_that_mathjax_reads(text: str, shown: str) -> None:
    assert body(text) == f"<p>{shown}</p>"


def test_verbatim_parts_are_marked_for_both_mathjaxes() -> None:
    html = body("`$a$`\n\n```\n$b$\n```\n\n[START_SMILES]C$[END_SMILES]")
    assert html.count('<code class="mathjax_ignore tex2jax_ignore"') == 3
    assert '<pre class="mathjax_ignore tex2jax_ignore"' in html


def test_special_tokens_are_badges_with_their_text() -> None:
    html = body("See [START_REF] A, B[END_REF]")
    assert html.count("<samp ") == 2
    assert "<cite> A, B</cite>" in html and ">[START_REF]</samp>" in html


def test_special_tokens_can_be_plain() -> None:
    html = body("a [START_REF] B[END_REF] x[START_SUP]2[END_SUP]", special_tokens="plain")
    assert html == (
        "<p>a [START_REF]<cite> B</cite>[END_REF] x[START_SUP]<sup>2</sup>[END_SUP]</p>"
    )


def test_special_tokens_can_be_hidden() -> None:
    html = body("a[START_REF] B[END_REF] [IMAGE] x[START_SUP]2[END_SUP]", special_tokens="hide")
    assert html == "<p>a (<cite>B</cite>)  x<sup>2</sup></p>"


def test_work_can_be_folded() -> None:
    html = body("Q\n\n<work>\nWe *add*.\n</work>\n\nA")
    assert '<details open=""' in html and "<summary>" in html
    assert "<p>We <em>add</em>.</p>" in html


def test_sequences_wrap_after_ten_letters() -> None:
    assert "CCCCCCCCCC<wbr>CC" in body("[START_SMILES]CCCCCCCCCCCC[END_SMILES]")


def test_a_document_ends_with_a_rule() -> None:
    assert body("a</s># B") == (
        '<p>a</p>\n<p><samp style="font-size:80%;padding:0 3px;border:1px solid '
        'rgba(127, 127, 127, 0.6);border-radius:4px">&lt;/s&gt;</samp></p><hr>\n<h1>B</h1>'
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A\n\nb", "<h1>A</h1>\n<p>b</p>"),
        (" # A", "<h1>A</h1>"),
        ("#include", "<p>#include</p>"),
        ("A\n===", "<h1>A</h1>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        (r"\*a\* **b** __c__", "<p>*a* <strong>b</strong> <strong>c</strong></p>"),
        ("[a](https://e.org)",
         '<p><a href="https://e.org" rel="noopener noreferrer nofollow">a</a></p>'),
        ("[a]()", "<p>[a]()</p>"),
        ("[a](b.html)", "<p>[a](b.html)</p>"),
        ("![a](https://e.org/i.png)", "<p>![a](https://e.org/i.png)</p>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
    ],
)  # fmt: skip
def test_markdown(text: str, html: str) -> None:
    assert body(text) == html


def test_code_in_a_list_item_stays_there() -> None:
    html = body("1. a\n   ```\n   b\n   ```\n2. c")
    assert html.count("<ol>") == 1 and html.count("<li>") == 2
    assert html.index("<pre") < html.index("</li>")


def test_code_interrupts_a_paragraph_that_goes_on_behind_it() -> None:
    html = body("a ```py\nb\n```\nc")
    assert html.startswith("<p>a</p>\n<pre") and html.endswith("</pre>\n<p>c</p>")


def test_deep_containers_lose_nothing() -> None:
    html = body("> " * 100 + "a")
    assert html.count("<blockquote") == 20
    assert "a</p>" in html


def test_characters_of_private_use_cannot_forge_a_formula() -> None:
    assert body("\ue0000\ue002 $x$") == (
        '<p>\ufffd0\ufffd <span class="galai-math">\\(x\\)</span></p>'
    )


def test_each_line_of_a_working_is_a_step() -> None:
    html = to_html("<work>\nx + y = 2\ny = 1\n</work>\nsome\nprose")
    assert "x + y = 2<br>" in html
    assert "some\nprose" in html
