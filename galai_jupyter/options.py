"""THE table of options: names and values in, checked and frozen option records out.

Each option is one field of one of the records below; its default, range and help stand
there and nowhere else. The magics, the panel, the command line and the docs read `OPTIONS`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self, TypeVar

from galai_jupyter.errors import OptionError, did_you_mean
from galai_jupyter.tokens import CONTEXT_SIZE


def _option(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    return field(
        default=default,
        metadata={
            "help": help,
            "minimum": minimum,
            "maximum": maximum,
            "step": step,
            "choices": choices,
        },
    )


@dataclass(frozen=True)
class GenerationOptions:
    """How text is decoded; the engine sees this and nothing else of the request.

    Greedy search is the default; ``top_p``, ``top_k`` or ``temperature`` switch to sampling
    (Holtzman et al. 2020 for nucleus sampling), ``penalty_alpha`` with ``top_k`` to contrastive
    search (Su et al. 2022), ``num_beams`` to beam search, and ``diversity_penalty`` with it to
    diverse beam search (Vijayakumar et al. 2016).
    """

    max_new_tokens: int = _option(
        60, "Generate at most this many tokens.", minimum=1, maximum=CONTEXT_SIZE - 1, step=1
    )
    min_new_tokens: int = _option(
        0,
        "Do not end the document before this many tokens.",
        minimum=0,
        maximum=CONTEXT_SIZE - 1,
        step=1,
    )
    top_p: float | None = _option(
        None,
        "Nucleus sampling: draw from the most likely tokens that together reach this probability.",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
    )
    top_k: int | None = _option(
        None,
        "Top-k sampling from this many most likely tokens; with penalty_alpha, its candidates.",
        minimum=1,
        maximum=1000,
        step=1,
    )
    penalty_alpha: float | None = _option(
        None,
        "Contrastive search among top_k candidates: the weight of saying something new.",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
    )
    temperature: float | None = _option(
        None,
        "Sampling temperature: below 1 sharpens the distribution, above 1 flattens it.",
        minimum=0.01,
        maximum=5.0,
        step=0.01,
    )
    num_beams: int = _option(
        1, "Beam search with this many beams; 1 is no beam search.", minimum=1, maximum=64, step=1
    )
    diversity_penalty: float = _option(
        0.0,
        "Diverse beam search: what a token costs that another group of beams has chosen.",
        minimum=0.0,
        maximum=10.0,
        step=0.1,
    )
    num_beam_groups: int | None = _option(
        None,
        "Groups of diverse beam search; as many as beams when left out.",
        minimum=1,
        maximum=64,
    )
    num_return_sequences: int = _option(
        1, "Return this many sequences (sampling or beam search).", minimum=1, maximum=64, step=1
    )
    repetition_penalty: float = _option(
        1.0,
        "Divide the score of tokens that occurred already (Keskar et al. 2019); 1 is off.",
        minimum=1.0,
        maximum=5.0,
        step=0.05,
    )
    no_repeat_ngram_size: int = _option(
        0, "Never generate the same n-gram of this many tokens twice; 0 is off.", minimum=0
    )
    prompt_lookup_num_tokens: int | None = _option(
        None,
        "Speculative decoding: guess up to this many tokens from where greedy search has met the "
        "same words before, and check them at once; 0 is off, where it pays the rule.",
        minimum=0,
        maximum=64,
    )
    stop: tuple[str, ...] = _option(
        (), r"Stop before this text appears; may be given several times; \n is a newline."
    )
    seed: int | None = _option(
        None, "Seed of the random numbers; drawn and recorded when left out.", minimum=0
    )
    library: str | None = _option(
        None, "A .bib file that references are checked against; the matching key is shown."
    )
    constrain: bool = _option(
        False, "Let references be only those of the library: none can be made up."
    )

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn at random."""
        given = any(value is not None for value in (self.top_p, self.top_k, self.temperature))
        return given and self.penalty_alpha is None

    @property
    def strategy(self) -> str:
        """The decoding strategy by its usual name."""
        if self.penalty_alpha is not None:
            return "contrastive search"
        if self.num_beams > 1:
            return "diverse beam search" if self.diversity_penalty else "beam search"
        if self.top_p is not None:
            return "nucleus sampling"
        if self.top_k is not None:
            return "top-k sampling"
        return "sampling" if self.samples else "greedy"

    def checked(self) -> Self:
        """Return self.

        Raises
        ------
        OptionError
            If a value is out of range or two options contradict each other.
        """
        for option in _TABLES[type(self)].values():
            option.check(getattr(self, option.name))
        if self.top_p == 0:
            raise OptionError("top_p must be above 0; leave it out for greedy decoding.")
        if self.min_new_tokens > self.max_new_tokens:
            raise OptionError(
                f"min_new_tokens={self.min_new_tokens} is more than max_new_tokens="
                f"{self.max_new_tokens}: change one of them."
            )
        if self.penalty_alpha is not None:
            self._check_contrastive()
        else:
            self._check_beams()
        if self.constrain and not self.library:
            raise OptionError(
                "constrain needs the library that references are to come from: add library (a .bib "
                "file) or drop constrain."
            )
        if self.prompt_lookup_num_tokens and self.strategy != "greedy":
            raise OptionError(
                f"prompt_lookup_num_tokens is for greedy search, and this is {self.strategy}: drop "
                "one of the two."
            )
        if any(not text for text in self.stop):
            raise OptionError("stop must not be empty: give the text that ends the generation.")
        return self

    def _check_contrastive(self) -> None:
        if self.top_k is None:
            raise OptionError(
                "penalty_alpha is contrastive search, which chooses among top_k candidates: add "
                "top_k (4 is usual) or drop penalty_alpha."
            )
        for name in ("top_p", "temperature", "num_beams", "num_return_sequences"):
            if getattr(self, name) != OPTIONS[name].default:
                raise OptionError(
                    f"penalty_alpha is contrastive search, which has no {name}: drop one of the "
                    "two."
                )
        self._check_groups()

    def _check_beams(self) -> None:
        if self.num_beams > 1 and self.samples:
            name = next(
                n for n in ("top_p", "top_k", "temperature") if getattr(self, n) is not None
            )
            raise OptionError(
                f"num_beams is beam search and {name} is sampling: drop one of the two."
            )
        if self.num_beams > 1 and self.num_return_sequences > self.num_beams:
            raise OptionError(
                f"num_return_sequences={self.num_return_sequences} needs at least as many beams: "
                f"raise num_beams (now {self.num_beams})."
            )
        if self.num_beams == 1 and self.num_return_sequences > 1 and not self.samples:
            raise OptionError(
                "num_return_sequences above 1 needs sampling or beams: add top_p, top_k or "
                "num_beams."
            )
        self._check_groups()

    def _check_groups(self) -> None:
        groups = self.num_beam_groups
        if self.diversity_penalty and self.num_beams == 1:
            raise OptionError(
                "diversity_penalty is diverse beam search, which needs beams: add num_beams or "
                "drop diversity_penalty."
            )
        if groups is None:
            return
        if self.num_beams % groups:
            raise OptionError(
                f"num_beam_groups={groups} must divide num_beams (now {self.num_beams}): change "
                "one of them."
            )
        if groups > 1 and not self.diversity_penalty:
            raise OptionError(
                "num_beam_groups is diverse beam search: add diversity_penalty or drop "
                "num_beam_groups."
            )
        if groups == 1 and self.diversity_penalty:
            raise OptionError(
                "diversity_penalty needs more than one group of beams: raise or drop "
                "num_beam_groups."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the options that differ from their defaults, JSON-ready."""
        return {
            entry.name: list(value) if isinstance(value, tuple) else value
            for entry in fields(self)
            if (value := getattr(self, entry.name)) != entry.default
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the options of :meth:`to_dict`."""
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)


@dataclass(frozen=True)
class PromptOptions:
    """How the text of a cell becomes a prompt."""

    task: str | None = _option(None, "Put the prompt into this task's template.")
    new_doc: bool | None = _option(
        None, "Begin a new document (</s> in front); the task decides when left out."
    )
    input: str | None = _option(None, "Input of an instruction (task instruct).")
    form: str | None = _option(
        None,
        "Answer an instruction with citations and formulas, or with Python code (task instruct).",
        choices=("scientist", "code"),
    )
    into: str = _option("python code", "What a formula is translated into (task translate).")
    continuation: tuple[str, ...] = _option(
        (),
        'Write nothing, but score this text as what follows the prompt, as in --continuation " Yes"'
        " (mind the space); may be given several times, and without a prompt it begins a document.",
    )
    raw: bool = _option(False, "Take the prompt as it is: no {{…}} expressions.")
    truncate: bool = _option(
        True, "Cut a prompt that is too long on the left; refuse it when switched off."
    )


@dataclass(frozen=True)
class CiteOptions:
    """How references are suggested (task cite)."""

    suggestions: int = _option(
        5,
        "Suggest at most this many references (task cite); the search has as many beams.",
        minimum=1,
        maximum=64,
        step=1,
    )
    threshold: float | None = _option(
        None,
        "Say “no such paper” where no suggestion (task cite) reaches this log-probability, the sum "
        "over its tokens; -1 is strict, -10 is lenient.",
        maximum=0.0,
    )

    def decoding(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the generation options for so many suggestions.

        Parameters
        ----------
        given : mapping
            Generation options that a person chose: what draws at random needs no beams.
        """
        number = {"num_return_sequences": self.suggestions}
        if any(given.get(name) is not None for name in ("top_p", "top_k", "temperature")):
            return number
        return number | {"num_beams": max(self.suggestions, given.get("num_beams", 1))}


@dataclass(frozen=True)
class DisplayOptions:
    """How a generation is shown."""

    score: bool = _option(
        False,
        "Show how sure the model is: the log-probability of each token of what it writes, their "
        "sum, mean and minimum, and the perplexity; --continuation scores a given text instead.",
    )

    special_tokens: str = _option(
        "badge",
        "Show special tokens as badges, as plain text, or hide them.",
        choices=("badge", "plain", "hide"),
    )


@dataclass(frozen=True)
class LoadOptions:
    """Where and how a model's weights are held."""

    device: str = _option("auto", "Where to run: auto, cpu, cuda, cuda:1 or mps.")
    dtype: str = _option(
        "auto",
        "Number format of the weights; auto takes the fastest that loses nothing visible, int8 "
        "(CPU only) about a byte for each weight.",
        choices=("auto", "float32", "float16", "bfloat16", "int8"),
    )
    num_gpus: int | None = _option(
        None, "Spread the layers over this many GPUs; 0 is the CPU.", minimum=0, maximum=64
    )
    prefix_cache: int | None = _option(
        None,
        "Keep what was computed for the last prompts in this many MB, so that a beginning that "
        "they share is read once; 0 is off, a tenth of the free memory (4,000 at most) the rule.",
        minimum=0,
    )
    revision: str | None = _option(
        None, "Commit, branch or tag on the hub; the main branch when left out."
    )


@dataclass(frozen=True)
class CompareOptions:
    """Whether a prompt is run under several decodings."""

    compare: str | None = _option(
        None, "Run the prompt under several decodings, for example greedy,beam:5,nucleus:0.9."
    )


@dataclass(frozen=True)
class ReplayOptions:
    """What of a saved notebook is run again."""

    cell: int | None = _option(
        None, "Replay only the cell with this number in its brackets.", minimum=1
    )


@dataclass(frozen=True)
class RunOptions:
    """Which Python of a text is run, and what it gets."""

    yes: bool = _option(False, "Run the code without asking; it is shown all the same.")
    block: int | None = _option(
        None, "Which block of Python, from 1, where a text has several.", minimum=1
    )
    time_limit: float = _option(
        10.0, "Seconds after which the code is stopped.", minimum=0.1, maximum=3600.0
    )
    memory_limit: int = _option(
        1024, "Memory that the code gets, in MB.", minimum=64, maximum=1_000_000
    )
    output_limit: int = _option(
        100_000, "Bytes of output after which the code is stopped.", minimum=1, maximum=10_000_000
    )


@dataclass(frozen=True)
class ConnectOptions:
    """Which model of a server is used, and how long to wait for it."""

    model: str | None = _option(None, "Name of the server's model; needed when it has several.")
    tokenizer: str | None = _option(
        None, "Catalog name, hub id or folder whose tokenizer the server's model has."
    )
    timeout: float = _option(
        120.0, "Seconds without news after which a server is given up.", minimum=0.1, maximum=3600.0
    )


@dataclass(frozen=True)
class Option:
    """One row of the table.

    Attributes
    ----------
    name : str
        The Python name.
    type : type
        ``int``, ``float``, ``str`` or ``bool``.
    default : object
        The value when nothing is given; `None` where the option is off or decided elsewhere.
    help : str
        One sentence.
    minimum, maximum, step : float or None
        Range, ends included, and a slider's step.
    choices : tuple of str
        The values that are allowed, if there are few.
    repeated : bool
        Whether it may be given several times.
    group : str
        ``"generation"``, ``"prompt"``, ``"cite"``, ``"display"``, ``"load"``, ``"compare"``,
        ``"replay"``, ``"run"`` or ``"connect"``.
    """

    name: str
    type: type
    default: Any
    help: str
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: tuple[str, ...]
    repeated: bool
    group: str

    @property
    def flag(self) -> str:
        """The option on a command line: the Python name with hyphens."""
        return "--" + self.name.replace("_", "-")

    @property
    def range(self) -> str:
        """The allowed values in words, ``""`` when anything goes."""
        if self.choices:
            return ", ".join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:.10g} to {self.maximum:.10g}"
        if self.maximum is not None:
            return f"at most {self.maximum:g}"
        return "" if self.minimum is None else f"at least {self.minimum:g}"

    def parse(self, text: str) -> Any:
        """Return the value that `text` spells, checked.

        Raises
        ------
        OptionError
            If `text` is no such value.
        """
        if self.type is str:
            value: Any = text
        else:
            try:
                value = self.type(text)
            except ValueError:
                kind = "a whole number" if self.type is int else "a number"
                raise OptionError(f"{self.flag} takes {kind}, not {text!r}.") from None
        self.check((value,) if self.repeated else value)
        return value

    def check(self, value: Any) -> None:
        """Raise `OptionError` if `value` has the wrong type or is out of range."""
        if value is None and self.default is None:
            return
        if self.repeated:
            if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
                return
            raise OptionError(f"{self.name} must be a tuple of strings, not {value!r}.")
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        whole = number and (isinstance(value, int) or self.type is float)
        if self.type in (int, float) and not whole:
            kind = "a whole number" if self.type is int else "a number"
            raise OptionError(f"{self.name} must be {kind}, not {value!r}.")
        if self.type in (str, bool) and not isinstance(value, self.type):
            raise OptionError(f"{self.name} must be a {self.type.__name__}, not {value!r}.")
        if self.choices and value not in self.choices:
            hint = did_you_mean(str(value), self.choices)
            raise OptionError(f"{self.name} must be one of {self.range}, not {value!r}.{hint}")
        low, high = self.minimum, self.maximum
        # Written so that NaN, which compares false with everything, is refused too.
        inside = (low is None or value >= low) and (high is None or value <= high)
        if number and not inside:
            raise OptionError(f"{self.name} must be {self.range}, not {value:g}.")


Record = TypeVar(
    "Record",
    GenerationOptions,
    PromptOptions,
    CiteOptions,
    DisplayOptions,
    LoadOptions,
    CompareOptions,
    ReplayOptions,
    RunOptions,
    ConnectOptions,
)

_GROUPS: dict[str, type] = {
    "generation": GenerationOptions,
    "prompt": PromptOptions,
    "cite": CiteOptions,
    "display": DisplayOptions,
    "load": LoadOptions,
    "compare": CompareOptions,
    "replay": ReplayOptions,
    "run": RunOptions,
    "connect": ConnectOptions,
}


def _value_type(hint: Any) -> type:
    """Return the type of a field's values, out of ``float | None`` or ``tuple[str, ...]``."""
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        hint = typing.get_args(hint)[0]
    return typing.cast(type, hint)


def _table(group: str, record: type) -> Mapping[str, Option]:
    hints = typing.get_type_hints(record)
    return {
        entry.name: Option(
            name=entry.name,
            type=_value_type(hints[entry.name]),
            default=entry.default,
            repeated=isinstance(entry.default, tuple),
            group=group,
            **entry.metadata,
        )
        for entry in fields(record)
    }


_TABLES = {record: _table(group, record) for group, record in _GROUPS.items()}

OPTIONS: Mapping[str, Option] = types.MappingProxyType(
    {name: option for table in _TABLES.values() for name, option in table.items()}
)
"""All options by their Python name."""


def find_option(name: str) -> Option:
    """Return the option called `name`: a Python name or a flag, hyphens or underscores.

    Raises
    ------
    OptionError
        If there is none; the message holds close matches.
    """
    key = name.lstrip("-").replace("-", "_")
    if key in OPTIONS:
        return OPTIONS[key]
    spelt = [option.flag if name.startswith("-") else option.name for option in OPTIONS.values()]
    raise OptionError(
        f"There is no option {name}.{did_you_mean(name, spelt)} "
        "`%galactica options` lists all of them."
    )


def build_options(record: type[Record], values: Mapping[str, Any]) -> Record:
    """Return a checked `record` from the entries of `values` that belong to it."""
    table = _TABLES[record]
    chosen = {name: value for name, value in values.items() if name in table}
    for name, value in chosen.items():
        table[name].check(value)
    return dataclasses.replace(record(), **chosen)
