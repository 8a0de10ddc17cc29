"""Galactica's tokenization: special tokens, sequences, scripts, the pipeline, decoding."""

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from galai_jupyter import tokens
from galai_jupyter.errors import CheckpointError
from galai_jupyter.tokens import SPLIT_MARKER as MARK
from galai_jupyter.tokens import (
    StopStrings,
    TextDecoder,
    byte_tokenizer,
    check_tokenizer,
    decode,
    encode,
    escape_custom_split_sequence,
    load_tokenizer,
    mark_scripts,
    unmark_scripts,
)


@pytest.fixture(scope="module")
def byte_level() -> Tokenizer:
    return byte_tokenizer()


def galactica(shared: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(shared / "vocabulary" / "tokenizer.json"))
    tokenizer.post_processor = None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    return [decode(tokenizer, [token_id]) for token_id in encode(tokenizer, text)]


def test_special_tokens_have_their_published_ids() -> None:
    table = dict(enumerate(tokens.SPECIAL_TOKENS))
    assert len(table) == 23
    assert [table[i] for i in (0, 1, 2, 4, 5, 9, 15, 19, 22)] == [
        "<s>",
        "<pad>",
        "</s>",
        "[START_REF]",
        "[END_REF]",
        "<work>",
        "[START_DNA]",
        "[START_SMILES]",
        "[END_I_SMILES]",
    ]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("GATTACA", "GATTACA"),
        ("[START_DNA]GA[END_DNA]", f"[START_DNA]{MARK}G{MARK}A{MARK}[END_DNA]"),
        ("[START_SMILES]CO", f"[START_SMILES]{MARK}C{MARK}O"),  # still open: a completion
        ("[START_AMINO]M\nK", f"[START_AMINO]{MARK}M{MARK}\n{MARK}K"),
        ("[START_AMINO]MK[START_REF]", f"[START_AMINO]{MARK}M{MARK}K[START_REF]"),
        ("[START_DNA]G[END_AMINO]", f"[START_DNA]{MARK}G[END_AMINO]"),
        ("[START_DNA]", "[START_DNA]"),
    ],
)
def test_sequences_are_split_into_characters(text: str, escaped: str) -> None:
    assert escape_custom_split_sequence(text) == escaped
    assert escape_custom_split_sequence(escaped) == escaped


def test_scripts_are_protected_from_normalisation() -> None:
    assert mark_scripts("x²⁵ + H₂O, 10⁻³") == (
        "x[START_SUP]25[END_SUP] + H[START_SUB]2[END_SUB]O, 10[START_SUP]-3[END_SUP]"
    )
    assert unmark_scripts(mark_scripts("x²⁵ + H₂O, 10⁻³")) == "x²⁵ + H₂O, 10⁻³"
    assert unmark_scripts("m[START_SUP]*[END_SUP]") == "m[START_SUP]*[END_SUP]"


@pytest.mark.parametrize(
    ("text", "expected"),
    json.loads((Path(__file__).parent / "data" / "pre_tokens.json").read_text("utf-8")),
)
def test_pre_tokenization_is_galacticas(
    byte_level: Tokenizer, shared: Path | None, text: str, expected: list[str]
) -> None:
    everyone = [byte_level, *([galactica(shared)] if shared else [])]
    for tokenizer in everyone:
        normalised = tokenizer.normalizer.normalize_str(text)
        assert [p for p, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalised)] == expected


def test_ids_are_those_of_the_published_vocabulary(shared: Path | None) -> None:
    facts = json.loads((Path(__file__).parent / "data" / "token_ids.json").read_text("utf-8"))
    assert facts["GATTACA"] != facts["[START_DNA]GATTACA[END_DNA]"]
    if shared:
        tokenizer = galactica(shared)
        assert {text: encode(tokenizer, text) for text in facts} == facts


def test_sequences_become_one_token_a_character(byte_level: Tokenizer, shared: Path | None) -> None:
    for tokenizer in [byte_level, *([galactica(shared)] if shared else [])]:
        for sequence in ("[START_DNA]GATTACA[END_DNA]", "[START_DNA]GATTACA"):
            assert pieces(tokenizer, sequence)[1:8] == list("GATTACA")
    if shared:
        assert pieces(galactica(shared), "GATTACA") == ["G", "ATT", "ACA"]


def test_nothing_is_added_to_a_text(byte_level: Tokenizer) -> None:
    assert decode(byte_level, encode(byte_level, " # Image\r\n")) == " # Image\n"
    assert encode(byte_level, "") == []


def test_characters_are_never_torn(byte_level: Tokenizer, shared: Path | None) -> None:
    numbers = random.Random(0)
    for tokenizer in [byte_level, *([galactica(shared)] if shared else [])]:
        for _ in range(300):
            ids = [numbers.randrange(tokenizer.get_vocab_size()) for _ in range(8)]
            ids += encode(tokenizer, "".join(numbers.choices("é😀\ufffd日 a[", k=6)))
            del ids[numbers.randrange(len(ids))]
            decoder = TextDecoder(tokenizer)
            text = "".join(decoder.push(token_id) for token_id in ids) + decoder.flush()
            assert text == decode(tokenizer, ids)


def test_a_character_appears_with_its_last_byte(byte_level: Tokenizer) -> None:
    decoder = TextDecoder(byte_level)
    assert [decoder.push(token_id) for token_id in encode(byte_level, "é😀")] == [
        "",
        "é",
        "",
        "",
        "",
        "😀",
    ]


def test_stop_strings_are_found_across_tokens(byte_level: Tokenizer) -> None:
    stops = StopStrings(byte_level, ["\n\nQuestion:", "[END_REF]"])
    ids = encode(byte_level, "42\n\nQuestion:")
    assert [stops.found(ids[: n + 1]) for n in range(len(ids))] == [None] * (len(ids) - 1) + [
        "\n\nQuestion:"
    ]
    assert stops.found(encode(byte_level, "Attention, Vaswani[END_REF]")) == "[END_REF]"
    assert StopStrings(byte_level, []).found(ids) is None


def break_digits(tokenizer: dict) -> None:
    steps = tokenizer["pre_tokenizer"]["pretokenizers"]
    steps[:] = [step for step in steps if step["type"] != "Digits"]
    tokenizer["model"]["vocab"]["20"] = 999
    tokenizer["model"]["merges"] = [["2", "0"]]


def break_newlines(tokenizer: dict) -> None:
    steps = tokenizer["pre_tokenizer"]["pretokenizers"]
    steps[:] = [step for step in steps if step.get("pattern") != {"String": "\n"}]
    tokenizer["model"]["vocab"]["ĊĊ"] = 999
    tokenizer["model"]["merges"] = [["Ċ", "Ċ"]]


def break_marker(tokenizer: dict) -> None:
    tokenizer["pre_tokenizer"]["pretokenizers"].pop(0)


def break_special_tokens(tokenizer: dict) -> None:
    tokenizer["added_tokens"] = [
        token for token in tokenizer["added_tokens"] if token["content"] != "<work>"
    ]
    del tokenizer["model"]["vocab"]["<work>"]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (break_digits, "digits"),
        (break_newlines, "newlines"),
        (break_marker, "marker"),
        (break_special_tokens, "<work>"),
    ],
)
def test_other_tokenizers_are_refused(tmp_path: Path, damage, problem: str) -> None:
    description = json.loads(byte_tokenizer().to_str())
    damage(description)
    (tmp_path / "tokenizer.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError, match=problem):
        load_tokenizer(tmp_path)


def test_foreign_processing_is_dropped_at_load(tmp_path: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = byte_tokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(max_length=4)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert decode(load_tokenizer(tmp_path), encode(load_tokenizer(tmp_path), "abcdefgh")) == (
        "abcdefgh"
    )


def test_missing_or_damaged_tokenizer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_tokenizer(tmp_path)


def test_the_published_vocabulary_passes_the_check(shared: Path | None) -> None:
    check_tokenizer(galactica(shared) if shared else byte_tokenizer())
