"""A .bib file read, references matched with it, and written as BibTeX again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galai_jupyter.bibliography import cite, match_reference, read_library, to_bibtex
from galai_jupyter.bibliography.checking import check_references, check_texts
from galai_jupyter.bibliography.export import UNVERIFIED, citation_keys
from galai_jupyter.bibliography.latex import latex_text, plain_text
from galai_jupyter.errors import LibraryError
from galai_jupyter.generation import Reference

BROKEN = Path(__file__).parent / "data" / "broken.bib"


def write(folder: Path, text: str) -> str:
    path = folder / "refs.bib"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        ("Plain", "Plain"),
        ("{B}ayes  and\n {the {N}et}", "Bayes and the Net"),
        (r"Schr{\"o}dinger, \'Etude, \v{c}, {\O}rsted, \ss", "Schrödinger, Étude, č, Ørsted, ß"),
        ("Ελληνικά, Łukasz", "Ελληνικά, Łukasz"),
        (r"\emph{Ab initio} \texttt{word2vec} in \LaTeX", "Ab initio word2vec in LaTeX"),
        (r"50\% of A \& B", "50% of A & B"),
        ("50% of A & B #1", "50% of A & B #1"),
        (r"100% of {\'e}", "100% of é"),
        (r"costs $5, \alpha", "costs $5, α"),
        ("``Quoted'' -- or~not", "“Quoted” – or not"),
        ("An [END_REF] in a title</s>", "An in a title"),
        ("unclosed {brace", "unclosed brace"),
    ],
)
def test_fields_become_plain_text(latex: str, plain: str) -> None:
    assert plain_text(latex) == plain


def test_a_library_is_read_as_far_as_it_can_be() -> None:
    library = read_library(BROKEN)
    entries = {entry.key: entry for entry in library.entries}
    assert list(entries) == [
        "vaswani2017", "goedel1931", "knuth", "oord", "who", "anonymous"
    ]  # fmt: skip
    assert str(entries["vaswani2017"]) == "Attention Is All You Need, Vaswani"
    assert entries["vaswani2017"].surnames == ("Vaswani", "Shazeer")
    assert entries["vaswani2017"].doi == "10.48550/arXiv.1706.03762"
    assert str(entries["goedel1931"]) == (
        "Über formal unentscheidbare Sätze der Principia Mathematica I, Gödel"
    )
    assert entries["knuth"].title == "The TeXbook: 100% fun – α & more"
    assert (entries["oord"].particle, entries["oord"].surnames) == ("van den", ("Oord",))
    assert str(entries["who"]).endswith(", World Health Organization")
    assert str(entries["anonymous"]) == "Beowulf, a Poem"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (13, "unclosed"),
        (18, "vaswani2017 is there already"),
        (19, "untitled has no title"),
        (20, "lack its @"),
        (24, "title twice"),
    ],
)
def test_what_is_broken_is_named_with_its_line(line: int, words: str) -> None:
    problems = read_library(BROKEN).problems
    (found,) = [problem for problem in problems if f"line {line} of" in problem]
    assert words in found and found.startswith(f"line {line} of broken.bib: ")
    assert len(problems) == 5


def test_lines_that_are_not_utf_8_are_named_and_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.bib"
    path.write_bytes("@book{a, title={Gut},\n author={Müller, M}}\n".encode("latin-1"))
    library = read_library(path)
    assert str(library.entries[0]) == "Gut, Müller"
    assert library.problems == ("line 2 of latin.bib: this is not UTF-8, so it is read as Latin-1",)


def test_a_byte_order_mark_and_windows_lines_are_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "windows.bib"
    path.write_bytes(b"\xef\xbb\xbf@book{a,\r\n title={Gut},\r\n author={B, C}}\r\n")
    library = read_library(path)
    assert [str(entry) for entry in library.entries] == ["Gut, B"] and not library.problems


def test_many_problems_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join(f"@misc{{k{n}, author={{A}}}}" for n in range(20)))
    notices = read_library(path).notices()
    assert len(notices) == 6 and "15 more problems" in notices[-1]


def test_a_library_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="There is no library"):
        read_library(tmp_path / "nowhere.bib")
    with pytest.raises(LibraryError, match="cannot be read"):
        read_library(tmp_path)


def test_a_changed_library_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "@misc{a, title={One}}")
    first = read_library(path)
    assert read_library(path) is first
    write(tmp_path, "@misc{a, title={One}} @misc{b, title={Two}}")
    assert len(read_library(path).entries) == 2


@pytest.mark.parametrize(
    ("title", "author", "key"),
    [
        ("Attention Is All You Need", "Vaswani", "vaswani2017"),
        ("attention is all you  need!", "VASWANI", "vaswani2017"),
        ("Attention is All your Need", "Vasvani", "vaswani2017"),
        ("Attention Is All You Need", "Shazeer", "vaswani2017"),
        ("Attention Is All You Need", "Ashish Vaswani", "vaswani2017"),
        ("Attention Is All You Need", "", "vaswani2017"),
        ("Attention Is All You Need", "Hinton", ""),
        ("Attention Is Not What You Need", "Vaswani", ""),
        ("Uber formal unentscheidbare Satze der Principia Mathematica I", "Godel", "goedel1931"),
        ("Über formal unentscheidbare Sätze der Principia Mathematica II", "Gödel", ""),
        ("WaveNet", "van den Oord", "oord"),
        ("WaveNet", "Oord", "oord"),
        ("Beowulf", "a Poem", "anonymous"),
        ("A Report, Annotated", "World Health Organization", "who"),
        ("", "", ""),
    ],
)
def test_references_are_matched_with_title_and_author(title: str, author: str, key: str) -> None:
    found = match_reference(Reference(title, author), read_library(BROKEN))
    assert found.key == key
    assert found.source == ("broken.bib" if key else "")


def test_a_reference_that_is_not_finished_matches_nothing() -> None:
    cut = Reference("Attention Is All You Need", "Vaswani", complete=False)
    assert match_reference(cut, read_library(BROKEN)) == cut


def test_the_same_entry_is_suggested_once() -> None:
    names = ("Attention is All you Need", "Attention Is All You Needs", "Something New")
    found = check_references([Reference(name, "Vaswani") for name in names], str(BROKEN))
    assert [(each.key, each.title) for each in found] == [
        ("vaswani2017", "Attention is All you Need"),
        ("", "Something New"),
    ]


def test_references_in_a_text_are_checked() -> None:
    texts = [
        " All You Need, Vaswani[END_REF] and [START_REF] New, Doe[END_REF]",
        " Nothing[END_REF]",
    ]
    said = check_texts("Old [START_REF] Attention Is", texts, read_library(BROKEN))
    assert said == (
        "`vaswani2017` in broken.bib: Attention Is All You Need, Vaswani",
        "not in broken.bib: New, Doe",
        "not in broken.bib: Attention Is Nothing",
    )


KNOWN = Reference("Attention is All you Need", "Vaswani", key="vaswani2017", source="broken.bib")
LOOKED_UP = Reference("On A & B", "Doe", doi="10.1/a_b", source="Crossref (api.crossref.org)")
INVENTED = Reference("A Theory of $x$ {in} \\input{secrets}", "Gödel")


def test_entries_of_the_library_are_exported_as_they_are() -> None:
    text = to_bibtex([KNOWN], BROKEN)
    assert text.startswith("@inproceedings{vaswani2017,") and "nips" in text
    assert UNVERIFIED not in text


def test_what_nobody_has_verified_says_so() -> None:
    text = to_bibtex([LOOKED_UP, INVENTED])
    looked_up, invented = text.split("\n\n")
    assert "Crossref" in looked_up and UNVERIFIED not in looked_up
    assert "doi = {10.1/a\\_b}" in looked_up
    assert f"note = {{{UNVERIFIED}}}" in invented
    assert "\\input" not in invented


def test_an_export_can_be_read_again(tmp_path: Path) -> None:
    library = read_library(write(tmp_path, to_bibtex([LOOKED_UP, INVENTED])))
    assert not library.problems
    assert [str(entry) for entry in library.entries] == [str(LOOKED_UP), str(INVENTED)]
    assert [entry.key for entry in library.entries] == citation_keys([LOOKED_UP, INVENTED])


def test_no_references_make_an_empty_export() -> None:
    assert to_bibtex([]) == "" and cite([]) == ""


def test_citations_name_the_keys() -> None:
    assert cite(KNOWN) == r"\cite{vaswani2017}"
    assert cite([KNOWN, INVENTED, LOOKED_UP]) == r"\cite{vaswani2017,godel-theory-x,doe-b}"


def test_keys_are_distinct() -> None:
    again = Reference("Attention is All", "Vaswani")
    odd = Reference("Ελληνικά")
    assert citation_keys([again, again, odd, KNOWN]) == [
        "vaswani-attention-all", "vaswani-attention-all-2", "reference", "vaswani2017"
    ]  # fmt: skip


@given(st.text(alphabet="abXY19 \\{}$%&#_.:()@=,", max_size=30))
def test_what_is_special_in_latex_becomes_harmless(text: str) -> None:
    assert "".join(plain_text(latex_text(text)).split()) == "".join(text.split())
