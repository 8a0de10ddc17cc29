"""What a generation is: frozen records that hold all that any view needs, in and out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from galai_jupyter.branches import Branch
from galai_jupyter.catalog import format_count
from galai_jupyter.options import GenerationOptions
from galai_jupyter.scores import Scored, TokenScore, token_from_list, token_to_list

FORMAT_VERSION = 1
MIME_TYPE = f"application/vnd.galai.generation.v{FORMAT_VERSION}+json"

FinishReason = Literal[
    "end_of_document", "max_new_tokens", "stop_string", "interrupted", "error", "given"
]
"""Why a sequence ended; ``end_of_document`` is the model's own ``</s>``, and ``given`` is a text
that was not generated, but given to be scored."""


@dataclass(frozen=True)
class GeneratedSequence(Scored):
    """One continuation of a prompt.

    Attributes
    ----------
    text : str
        What was generated, special tokens included; without the stop string (unless that is a
        special token) and without a closing ``</s>``.
    tokens : tuple of TokenScore
        All tokens that were generated, a final ``</s>`` included.
    finish_reason : str
        Why it ended.
    """

    text: str
    tokens: tuple[TokenScore, ...]
    finish_reason: FinishReason


@dataclass(frozen=True)
class Reference:
    """A paper that a model named, with the model's own confidence.

    ``str(reference)`` is ``"Title, Surname"``. The scores are natural logarithms of probabilities
    of the tokens that were generated, the closing ``[END_REF]`` included.

    Attributes
    ----------
    title : str
        The paper's title.
    author : str
        Surname of its first author; ``""`` where the model gave none.
    log_probability, mean_log_probability, min_log_probability : float
        Sum, mean and minimum over the tokens.
    complete : bool
        Whether the model closed the reference before the tokens ran out.
    confidence : float or None
        Estimated probability that this is the paper that is meant, and exists; `None` for a
        reference that is not complete or was not judged.
    label : str
        The same in words: ``"likely"``, ``"uncertain"``, ``"unlikely"``, ``"probably invented"`` or
        ``""``.
    key : str
        Citation key of the library's entry that it is; ``""`` if none was found.
    doi : str
        Its DOI, where the library or a look-up knows it.
    source : str
        What it was found in: the library's file or the service; ``""`` if nothing vouches for it.
    """

    title: str
    author: str = ""
    log_probability: float = 0.0
    mean_log_probability: float = 0.0
    min_log_probability: float = 0.0
    complete: bool = True
    confidence: float | None = None
    label: str = ""
    key: str = ""
    doi: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.title}, {self.author}" if self.author else self.title

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the reference of :meth:`to_dict`."""
        return cls(**values)


@dataclass(frozen=True)
class Suggestions:
    """The references that a model suggests for a text.

    Attributes
    ----------
    references : tuple of Reference
        All of them, each once, the likeliest first.
    threshold : float or None
        The least log-probability (the sum over its tokens) of one that counts.
    calibrated : bool
        Whether the confidences were calibrated for this model; cautious values are used if not.
    """

    references: tuple[Reference, ...]
    threshold: float | None = None
    calibrated: bool = False

    @property
    def accepted(self) -> tuple[Reference, ...]:
        """Those that reach the threshold; with one, what is not complete never does."""
        if self.threshold is None:
            return self.references
        least = self.threshold
        return tuple(
            each for each in self.references if each.complete and each.log_probability >= least
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {**asdict(self), "references": [each.to_dict() for each in self.references]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the suggestions of :meth:`to_dict`."""
        references = tuple(Reference.from_dict(each) for each in values["references"])
        return cls(**{**values, "references": references})


@dataclass(frozen=True)
class ModelDescription:
    """Which model spoke, and where it ran.

    Attributes
    ----------
    name : str
        Catalog name, hub id or folder, as it was asked for.
    revision : str
        The hub's commit, or ``""``.
    engine : str
        ``"local"``, ``"remote"`` or ``"scripted"``.
    dtype, device : str
        Number format and place of the weights.
    parameters : int
        Number of parameters.
    licence : str
        Terms of use.
    fingerprint : str
        Stands for the content of the checkpoint's files; ``""`` where they are not at hand.
    dtype_reason : str
        Why the weights are in that format, in a few words; ``""`` if somebody converted them.
    """

    name: str
    revision: str = ""
    engine: str = ""
    dtype: str = ""
    device: str = ""
    parameters: int = 0
    licence: str = ""
    fingerprint: str = ""
    dtype_reason: str = ""

    def __str__(self) -> str:
        """Say in a sentence what was loaded, and under what terms."""
        licence = f" Licence: {self.licence}." if self.licence else ""
        size = f": {format_count(self.parameters)} parameters" if self.parameters else ""
        dtype = f" as {self.dtype}" if self.dtype else ""
        return f"{self.name}{size}{dtype} on {self.device}.{licence}"


@dataclass(frozen=True)
class Generation:
    """One prompt and what a model made of it.

    ``str(generation)`` is its text.

    Attributes
    ----------
    prompt : str
        The prompt as the model was given it: template applied, expressions replaced.
    sequences : tuple of GeneratedSequence
        The continuations, best first where the strategy ranks them; never empty.
    options : GenerationOptions
        How it was decoded, the seed included.
    model : ModelDescription
        Which model it was.
    new_doc : bool
        Whether ``</s>`` stood in front of the prompt.
    prompt_tokens : int
        Tokens of the prompt that the model read.
    truncated_tokens : int
        Tokens that were cut from the prompt's left end.
    seconds : float
        Time from the request to the last token.
    first_token_seconds : float
        Time from the request to the first token.
    drafted_tokens, accepted_tokens : int
        Tokens that speculative decoding guessed, and those of them that were right; both are 0
        where it was not used.
    notices : tuple of str
        What a reader should know: cuts, dropped spaces.
    error : str
        What went wrong, if the finish reason is ``"error"``.
    created : str
        ISO 8601 time, UTC.
    versions : mapping of str to str
        Versions of the packages that took part.
    suggestions : Suggestions or None
        The references that the sequences are, if references were asked for.
    branch : Branch or None
        Where the text leaves the one that it was made from, if it is a branch; the tokens up to
        there are among those of the sequences, but were not generated.
    """

    prompt: str
    sequences: tuple[GeneratedSequence, ...]
    options: GenerationOptions = field(default_factory=GenerationOptions)
    model: ModelDescription = field(default_factory=lambda: ModelDescription(""))
    new_doc: bool = False
    prompt_tokens: int = 0
    truncated_tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float = 0.0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    notices: tuple[str, ...] = ()
    error: str = ""
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    suggestions: Suggestions | None = None
    branch: Branch | None = None

    @property
    def text(self) -> str:
        """What was generated (the first sequence)."""
        return self.sequences[0].text

    @property
    def tokens(self) -> tuple[TokenScore, ...]:
        """The tokens of the first sequence."""
        return self.sequences[0].tokens

    @property
    def finish_reason(self) -> FinishReason:
        """Why the first sequence ended."""
        return self.sequences[0].finish_reason

    @property
    def full_text(self) -> str:
        """Prompt and continuation as one text."""
        return self.prompt + self.text

    @property
    def new_tokens(self) -> int:
        """Number of tokens generated, over all sequences."""
        given = self.branch.given if self.branch else 0
        return sum(max(0, len(sequence.tokens) - given) for sequence in self.sequences)

    @property
    def failed_at_once(self) -> bool:
        """Whether an error came before the first token: there is nothing to show but that."""
        return self.finish_reason == "error" and not self.new_tokens

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens by the time that they took."""
        return self.new_tokens / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else self.text[:57] + "…"
        return (
            f"<Generation {text!r}: {self.options.strategy}, {self.new_tokens} tokens, "
            f"{self.finish_reason}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; tokens and alternatives are short lists."""
        plain = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if entry.name
            not in ("sequences", "options", "model", "notices", "versions", "suggestions", "branch")
        }
        if self.suggestions:
            plain["suggestions"] = self.suggestions.to_dict()
        if self.branch:
            plain["branch"] = self.branch.to_dict()
        return {
            "format": FORMAT_VERSION,
            **plain,
            "options": self.options.to_dict(),
            "model": asdict(self.model),
            "notices": list(self.notices),
            "versions": dict(self.versions),
            "sequences": [
                {
                    "text": sequence.text,
                    "finish_reason": sequence.finish_reason,
                    "scores": {
                        "sum": round(sequence.log_probability, 4),
                        "mean": round(sequence.mean_log_probability, 4),
                        "minimum": round(sequence.min_log_probability, 4),
                        "perplexity": round(sequence.perplexity, 4),
                    },
                    "tokens": [token_to_list(token) for token in sequence.tokens],
                }
                for sequence in self.sequences
            ],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the generation of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If `values` has another format version, or no text.
        """
        if values.get("format") != FORMAT_VERSION:
            raise ValueError(
                f"This generation has format {values.get('format')!r}; this version of "
                f"galai_jupyter reads format {FORMAT_VERSION}."
            )
        if not values["sequences"]:
            raise ValueError("This generation has no text.")
        known = {entry.name for entry in fields(cls)}
        plain = {name: value for name, value in values.items() if name in known}
        plain["options"] = GenerationOptions.from_dict(values["options"])
        plain["model"] = ModelDescription(**values["model"])
        plain["notices"] = tuple(values["notices"])
        if values.get("suggestions"):
            plain["suggestions"] = Suggestions.from_dict(values["suggestions"])
        if values.get("branch"):
            plain["branch"] = Branch.from_dict(values["branch"])
        plain["sequences"] = tuple(
            GeneratedSequence(
                text=sequence["text"],
                tokens=tuple(token_from_list(token) for token in sequence["tokens"]),
                finish_reason=sequence["finish_reason"],
            )
            for sequence in values["sequences"]
        )
        return cls(**plain)


@dataclass(frozen=True)
class StreamEvent:
    """News of a running generation.

    Attributes
    ----------
    prompt_index : int
        Which of the prompts it is about.
    sequence_index : int
        Which of that prompt's sequences.
    text : str
        Text to add; with ``replaces``, the whole text so far.
    tokens : tuple of TokenScore
        The tokens behind it.
    replaces : bool
        Whether `text` and `tokens` replace what came before (beam search changes its mind).
    generation : Generation or None
        The finished record; the last event about a prompt, and the only one that has it.
    """

    prompt_index: int = 0
    sequence_index: int = 0
    text: str = ""
    tokens: tuple[TokenScore, ...] = ()
    replaces: bool = False
    generation: Generation | None = None
