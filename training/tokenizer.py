"""Texts in, Galactica's tokenizer with a small vocabulary of its own out; documents to ids."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from galai_jupyter.tokens import CONTEXT_SIZE, SPECIAL_TOKENS, encode, prepare_text, set_pipeline
from training.documents import Document

NAMES = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
END = SPECIAL_TOKENS.index("</s>")
PAD = SPECIAL_TOKENS.index("<pad>")


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train byte-level BPE behind Galactica's pipeline; special tokens come first."""
    tokenizer = Tokenizer(models.BPE())
    set_pipeline(tokenizer)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(prepare_text, texts), trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the three tokenizer files that transformers and vLLM read."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **NAMES,
        "model_max_length": CONTEXT_SIZE,
        "clean_up_tokenization_spaces": False,
    }
    for name, content in (("tokenizer_config.json", config), ("special_tokens_map.json", NAMES)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Encoded:
    """The ids of a document; `learned` marks the ids of its continuations, `whole` its end."""

    ids: list[int]
    learned: list[bool]
    whole: bool = True


def encode_documents(
    tokenizer: Tokenizer, documents: Sequence[Document], splitter: WordSplitter | None = None
) -> list[Encoded]:
    """Encode each document as a whole, and find where its pieces end by encoding its beginnings.

    A prompt is encoded without its continuation when the model is used, so a token that would
    span both belongs to the continuation. `splitter` may encode the prompts of worded documents.
    """
    beginnings: list[str] = []
    for document in documents:
        text = ""
        for piece, _ in document.pieces:
            text += piece
            beginnings.append(prepare_text(text))
    encodings = iter(tokenizer.encode_batch(beginnings, add_special_tokens=False))
    result = []
    for document in documents:
        parts = [next(encodings).ids for _ in document.pieces]
        ids = parts[-1]
        learned: list[bool] = []
        for part, (_, is_learned) in zip(parts, document.pieces, strict=True):
            end = _shared(part, ids)
            learned += [is_learned] * (end - len(learned))
        size = len(parts[0])
        if document.kept is not None:
            ids, learned = ids[: size + document.kept], learned[: size + document.kept]
        if splitter and document.worded and ids[:size] == parts[0]:
            split = splitter(document.pieces[0][0])
            if split:
                ids = split + ids[size:]
                learned = [learned[0]] * len(split) + learned[size:]
        result.append(Encoded(ids, learned, document.kept is None))
    return result


class WordSplitter:
    """Texts in, ids of texts whose longer words are cut here and there out.

    Subword regularisation, as BPE-dropout does it (Provilkov et al. 2020, arXiv:1910.13267), but
    repeatable: a word that the training never met resembles those that it shares pieces with.
    """

    def __init__(
        self, tokenizer: Tokenizer, rng: random.Random, texts: float = 0.3, words: float = 0.25
    ) -> None:
        self._tokenizer, self._rng = tokenizer, rng
        self._texts, self._words = texts, words

    def __call__(self, text: str) -> list[int]:
        """Return the ids of `text`, cut in pieces, or none if it is to stay whole."""
        if self._rng.random() > self._texts:
            return []
        cuts = [
            self._rng.randint(word.start() + 2, word.end() - 2)
            for word in re.finditer(r"\b[A-Za-z]?[a-z]{4,}\b", text)
            if self._rng.random() < self._words
        ]
        ids: list[int] = []
        for start, end in pairwise([0, *cuts, len(text)]):
            ids += encode(self._tokenizer, text[start:end])
        return ids


def _shared(beginning: Sequence[int], whole: Sequence[int]) -> int:
    for index, (a, b) in enumerate(zip(beginning, whole, strict=False)):
        if a != b:
            return index
    return len(beginning)
