"""A recorded generation and its repetition in; whether they agree, and what has changed, out."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from galai_jupyter import catalog
from galai_jupyter.generation import GeneratedSequence, Generation, ModelDescription
from galai_jupyter.options import OPTIONS, GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.scores import TokenScore

_UNFINISHED = ("interrupted", "error")
_PACKAGES = ("galai-jupyter", "torch", "transformers", "tokenizers")


@dataclass(frozen=True)
class Replay:
    """A generation that was run again with the same prompt and options.

    Attributes
    ----------
    recorded, repeated : Generation
        What the record holds, and what came out now.
    """

    recorded: Generation
    repeated: Generation

    def __repr__(self) -> str:
        return f"<Replay: {self.summary}>"

    @property
    def differing(self) -> tuple[tuple[GeneratedSequence, GeneratedSequence], ...]:
        """The sequences that differ, recorded and repeated."""
        return tuple(pair for pair in self._pairs if not _agree(*pair))

    @property
    def identical(self) -> bool:
        """Whether all texts are the same, as far as both were finished."""
        return not self.differing

    @property
    def _pairs(self) -> list[tuple[GeneratedSequence, GeneratedSequence]]:
        return list(zip(self.recorded.sequences, self.repeated.sequences, strict=False))

    @property
    def summary(self) -> str:
        """Whether the texts are the same, in one sentence."""
        if not self.identical:
            return f"The replay differs {self._parting()}."
        subject = "all texts are" if len(self.recorded.sequences) > 1 else "the text is"
        if any(g.finish_reason in _UNFINISHED for g in (self.recorded, self.repeated)):
            subject = subject.replace("the text", "the text, as far as both go,")
        count = min(self.recorded.new_tokens, self.repeated.new_tokens)
        return f"The replay agrees: {subject} identical ({count} tokens)."

    @property
    def changes(self) -> str:
        """What is not as it was when the record was made, in one sentence; ``""`` if nothing.

        It ends with the command that brings the recorded model or versions back, if there is one.
        """
        then, now = self.recorded.model, self.repeated.model
        names = [] if same_checkpoint(then, now) else [_identities(then, now)]
        places = [
            (before, after)
            for before, after in (
                (then.engine, now.engine),
                (then.dtype, now.dtype),
                (then.device.partition(":")[0], now.device.partition(":")[0]),
            )
            if before and after and before != after
        ]
        packages = self._packages()
        versions = [(f"{name} {old}", f"{name} {new}") for name, old, new in packages]
        found = [*names, *places, *versions]
        seedless = self.recorded.options.samples and self.recorded.options.seed is None
        if not found:
            return (
                "The record has no seed, so what was drawn cannot be repeated." if seedless else ""
            )
        was, became = (", ".join(side) for side in zip(*found, strict=True))
        remedy = ""
        if names or places:
            remedy = _load_command(then, now, packages)
        elif packages:
            # What stands behind a plus names a build, which indexes do not have.
            pins = " ".join(f"{name}=={old.partition('+')[0]}" for name, old, _ in packages)
            remedy = f"`%pip install {pins}` and a new kernel bring that back"
        end = f"; {remedy}." if remedy else "."
        return f"It was recorded with {was} and is replayed with {became}{end}"

    def _packages(self) -> list[tuple[str, str, str]]:
        """Return the packages whose versions are known and differ: name, then, now."""
        then, now = self.recorded.versions, self.repeated.versions
        return [
            (name, then[name], now[name])
            for name in _PACKAGES
            if then.get(name, "unknown") != now.get(name, "unknown")
            and "unknown" not in (then.get(name, "unknown"), now.get(name, "unknown"))
        ]

    def _parting(self) -> str:
        """Return where the first texts that differ part."""
        first = self.differing[0]
        then, now = (sequence.tokens for sequence in first)
        common = 0
        while common < min(len(then), len(now)) and then[common].text == now[common].text:
            common += 1
        where = f"in text {self._pairs.index(first) + 1} " if len(self._pairs) > 1 else ""
        return (
            f"{where}from token {common + 1} on: {_token_words(then, common)} is recorded, "
            f"{_token_words(now, common)} comes now"
        )


def request_of(recorded: Generation) -> tuple[Prompt, GenerationOptions]:
    """Return the prompt and the options that a generation was made with, seed included."""
    branch = recorded.branch
    given = recorded.tokens[: branch.given] if branch else ()
    prompt = Prompt(recorded.prompt, recorded.new_doc, given=given, branch=branch)
    return prompt, recorded.options


def _agree(then: GeneratedSequence, now: GeneratedSequence) -> bool:
    """Return whether two texts are the same, or one was cut short in the midst of the same."""
    said = ["".join(token.text for token in sequence.tokens) for sequence in (then, now)]
    if then.finish_reason in _UNFINISHED and said[1].startswith(said[0]):
        return True
    if now.finish_reason in _UNFINISHED and said[0].startswith(said[1]):
        return True
    return then.text == now.text


def _token_words(tokens: Sequence[TokenScore], index: int) -> str:
    if index >= len(tokens):
        return "the end"
    text = repr(tokens[index].text).replace("`", "'")
    return f"{text} ({100 * math.exp(min(tokens[index].log_probability, 0)):.1f} %)"


def same_checkpoint(then: ModelDescription, now: ModelDescription) -> bool:
    """Return whether both are one checkpoint, as far as the record can tell."""
    if then.fingerprint and now.fingerprint:
        return then.fingerprint == now.fingerprint
    if then.revision and now.revision and then.revision != now.revision:
        return False
    return then.name == now.name


def _identities(then: ModelDescription, now: ModelDescription) -> tuple[str, str]:
    """Return what two checkpoints are called, so that the names differ."""
    if then.name != now.name:
        return _plain(then.name), _plain(now.name)
    if then.revision != now.revision:
        return _at_revision(then), _at_revision(now)
    return (
        f"{_plain(then.name)} ({then.fingerprint[:8]})",
        f"other files of the same name ({now.fingerprint[:8]})",
    )


def _at_revision(model: ModelDescription) -> str:
    return f"{_plain(model.name)} ({_plain(model.revision)[:8] or 'no revision'})"


def _load_command(
    then: ModelDescription, now: ModelDescription, packages: Sequence[tuple[str, str, str]]
) -> str:
    """Return how to load the model of the record, if a command can."""
    if then.engine != "local":
        return ""
    replaced = then.name == now.name and not same_checkpoint(then, now)
    if replaced and not then.revision:
        old = next((version for name, version, _ in packages if name == "galai-jupyter"), "")
        if then.name == catalog.DEMO and old:
            return f"`%pip install galai-jupyter=={old}` and a new kernel bring that model back"
        return "its files have been replaced since"
    words = ["%galactica load", shlex.quote(_plain(then.name))]
    if then.revision and then.revision != now.revision:
        words.append(f"--revision {shlex.quote(_plain(then.revision))}")
    if then.dtype in OPTIONS["dtype"].choices:
        words.append(f"--dtype {then.dtype}")
    kind = then.device.partition(":")[0]
    if kind in ("cpu", "cuda", "mps") and kind != now.device.partition(":")[0]:
        words.append(f"--device {kind}")
    return f"`{' '.join(words)}` loads the recorded model"


def _plain(name: str) -> str:
    """Return a name on one line, without what ends code: a notebook may hold anything."""
    return " ".join(name.replace("`", "'").split())
