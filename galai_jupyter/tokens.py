"""Text in, text or ids out: Galactica's special tokens, its sequence splitting, its tokenizer.

Facts from the Galactica paper (Taylor et al. 2022, section 3.1) and from the published
vocabulary; the pipeline is NFKC → drop split markers → single digits → brackets and runs of
one punctuation character → newlines → byte-level BPE.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from galai_jupyter.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenizers import Tokenizer

SEQUENCE_KINDS = ("DNA", "AMINO", "SMILES", "I_SMILES")
"""Kinds of sequence in which every character is one token."""

SPECIAL_TOKENS = (
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "[START_REF]",
    "[END_REF]",
    "[IMAGE]",
    "<fragments>",
    "</fragments>",
    "<work>",
    "</work>",
    "[START_SUP]",
    "[END_SUP]",
    "[START_SUB]",
    "[END_SUB]",
    *(f"[{edge}_{kind}]" for kind in SEQUENCE_KINDS for edge in ("START", "END")),
)
"""All special tokens; the index is the id."""

END_OF_DOCUMENT = "</s>"
PADDING = "<pad>"
CONTEXT_SIZE = 2048
"""Positions that a Galactica checkpoint has."""

SPLIT_MARKER = "SPL1T-TH1S-Pl3A5E"
"""Marks a split point; the pre-tokenizer removes it."""

_SPECIAL = "|".join(re.escape(token) for token in SPECIAL_TOKENS)
SPECIAL_TOKEN_PATTERN = re.compile(_SPECIAL)

_SEQUENCE = re.compile(
    rf"(?P<start>\[START_(?P<kind>{'|'.join(SEQUENCE_KINDS)})\])"
    rf"(?P<content>.*?)(?=(?P<end>{_SPECIAL}|\Z))",
    re.DOTALL,
)

_SCRIPTS = {
    "SUP": dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True)),
    "SUB": dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-", strict=True)),
}
_SCRIPT_RUN = re.compile("|".join(f"(?P<{kind}>[{''.join(m)}]+)" for kind, m in _SCRIPTS.items()))
_MARKED_SCRIPT = re.compile(r"\[START_(SUP|SUB)\]([0-9+-]+)\[END_\1\]")


def escape_custom_split_sequence(text: str) -> str:
    """Put the split marker into DNA, amino acid and SMILES sequences.

    Every character inside ``[START_X]…[END_X]`` becomes a token of its own. A sequence that is
    still open runs to the next special token or to the end of the text; it may hold newlines.
    Text that has been escaped already is returned unchanged.

    Parameters
    ----------
    text : str
        A prompt, special tokens included.

    Returns
    -------
    str
        The text with markers, ready for a Galactica tokenizer.
    """

    def escape(match: re.Match[str]) -> str:
        content = match["content"].replace(SPLIT_MARKER, "")
        marked = "".join(SPLIT_MARKER + character for character in content)
        closed = match["end"] == f"[END_{match['kind']}]"
        return match["start"] + marked + (SPLIT_MARKER if closed else "")

    return _SEQUENCE.sub(escape, text)


def mark_scripts(text: str) -> str:
    """Write ``x²⁵`` as ``x[START_SUP]25[END_SUP]``, which NFKC cannot turn into ``x25``."""

    def mark(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        plain = "".join(_SCRIPTS[kind][character] for character in match[0])
        return f"[START_{kind}]{plain}[END_{kind}]"

    return _SCRIPT_RUN.sub(mark, text)


def unmark_scripts(text: str) -> str:
    """Write ``x[START_SUP]25[END_SUP]`` as ``x²⁵``, where Unicode has the characters."""
    reverse = {kind: {v: k for k, v in table.items()} for kind, table in _SCRIPTS.items()}
    return _MARKED_SCRIPT.sub(
        lambda match: "".join(reverse[match[1]][character] for character in match[2]), text
    )


def prepare_text(text: str) -> str:
    """Return `text` as it must reach the tokenizer: newlines, scripts and sequences marked."""
    unix = text.replace("\r\n", "\n")
    return escape_custom_split_sequence(mark_scripts(unix))


def normalisation_changes(text: str) -> list[tuple[str, str]]:
    """Return the characters of `text` that NFKC replaces, each once, with what they become."""
    found = {
        character: unicodedata.normalize("NFKC", character) for character in prepare_text(text)
    }
    return [(before, after) for before, after in found.items() if before != after]


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the ids of `text`, prepared with :func:`prepare_text`; nothing is added."""
    ids: list[int] = tokenizer.encode(prepare_text(text), add_special_tokens=False).ids
    return ids


def decode(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """Return the text of `ids`, special tokens included, spaces as generated."""
    text: str = tokenizer.decode(list(ids), skip_special_tokens=False)
    return text


@cache
def _byte_of_character() -> dict[str, int]:
    """Return the byte behind each character of the byte-level alphabet (that of GPT-2)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(256 + index): byte for index, byte in enumerate(others)}


class TextDecoder:
    """Ids in, one at a time; text out, never with a torn character.

    The text that :meth:`push` returned, followed by that of :meth:`flush`, is what decoding all
    ids at once gives.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._bytes = _byte_of_character()
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, token_id: int) -> str:
        """Take the next id; return the text that it completes (``""`` inside a character)."""
        token = self._tokenizer.id_to_token(token_id) or ""
        try:
            raw = bytes(self._bytes[character] for character in token)
        except KeyError:  # an added token with characters of its own
            raw = token.encode()
        return self._utf8.decode(raw)

    def flush(self) -> str:
        """Return what is left of an unfinished character."""
        text = self._utf8.decode(b"", final=True)
        self._utf8.reset()
        return text


class TokenTexts(dict[int, str]):
    """A token's id in, its text out; each is decoded once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, token_id: int) -> str:
        text = self[token_id] = decode(self._tokenizer, [token_id])
        return text


class StopStrings:
    """The ids of one continuation in, the stop string that ends it out.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Decodes the ids.
    strings : iterable of str
        What ends a text.
    """

    def __init__(self, tokenizer: Tokenizer, strings: Iterable[str]) -> None:
        self._tokenizer = tokenizer
        self._strings = tuple(strings)
        # Each token is at least one byte long, so this many ids cover any stop string.
        self._window = max((len(string.encode()) for string in self._strings), default=0) + 4

    def found(self, ids: Sequence[int]) -> str | None:
        """Return the stop string that the newest of `ids` completes, if any."""
        if not self._strings:
            return None
        tail = decode(self._tokenizer, ids[-self._window :])
        return next((string for string in self._strings if string in tail), None)


def set_pipeline(tokenizer: Tokenizer) -> None:
    """Give `tokenizer` Galactica's normalizer, pre-tokenizer and decoder, and nothing else."""
    from tokenizers import Regex, decoders, normalizers, pre_tokenizers

    punctuation = r"""[\(\)\[\]\{\}]|([!"\#\$%\&'\*\+,\-\./:;<=>\?\\\^_`\|\~])\1*"""
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(SPLIT_MARKER, "removed"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Split(Regex(punctuation), "isolated"),
            pre_tokenizers.Split("\n", "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = None
    tokenizer.no_padding()
    tokenizer.no_truncation()


def special_id(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a special token, by its name."""
    token_id: int | None = tokenizer.token_to_id(token)
    if token_id is None:
        raise CheckpointError(f"The tokenizer has no {token}: it is not Galactica's.")
    return token_id


def byte_tokenizer() -> Tokenizer:
    """Return a tokenizer with Galactica's pipeline and one token a byte, for engines in tests."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*SPECIAL_TOKENS, *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    set_pipeline(tokenizer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """Read ``tokenizer.json`` of a checkpoint and check that it follows Galactica's rules.

    transformers' ``AutoTokenizer`` is not used on purpose: on a hub folder it may build a GPT-2
    tokenizer from the vocabulary and drop the pre-tokenizer, which yields other ids, silently.

    Parameters
    ----------
    folder : pathlib.Path
        A checkpoint folder.

    Raises
    ------
    CheckpointError
        If the file is missing, unreadable, or is not a Galactica tokenizer.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise CheckpointError(
            f"{folder} has no tokenizer.json; copy Galactica's tokenizer.json into it."
        )
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception for bad files
        raise CheckpointError(
            f"{path} cannot be read ({error}); replace it by Galactica's tokenizer.json."
        ) from error
    tokenizer.post_processor = None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    check_tokenizer(tokenizer, path)
    return tokenizer


def check_tokenizer(tokenizer: Tokenizer, source: Path | str = "the tokenizer") -> None:
    """Raise `CheckpointError` unless `tokenizer` splits text as Galactica was trained on."""

    def pieces(text: str) -> list[str]:
        encoded = tokenizer.encode(text, add_special_tokens=False)
        return [decode(tokenizer, [token_id]) for token_id in encoded.ids]

    missing = [token for token in SPECIAL_TOKENS if tokenizer.token_to_id(token) is None]
    if missing:
        problem = f"it lacks the special token {missing[0]}"
    elif pieces("<work>[START_REF]") != ["<work>", "[START_REF]"]:
        problem = "it tears special tokens apart"
    elif pieces("2048") != ["2", "0", "4", "8"]:
        problem = "it does not keep digits single"
    elif pieces("\n\n") != ["\n", "\n"]:
        problem = "it does not keep newlines single"
    elif pieces(f"C{SPLIT_MARKER}C") != ["C", "C"]:
        problem = "it does not drop the split marker"
    else:
        return
    raise CheckpointError(
        f"{source} is not a Galactica tokenizer: {problem}; replace it by Galactica's "
        "tokenizer.json."
    )
