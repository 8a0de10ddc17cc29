"""A model's name in, a `Model` out: galai's interface over an engine."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from galai_jupyter.arguments import library_options, reference_options, warn_of_cuts
from galai_jupyter.bibliography.checking import check_references, library_notices, suggest
from galai_jupyter.bibliography.lookup import LookupService
from galai_jupyter.comparing import ComparisonStream
from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import EngineError
from galai_jupyter.galai_methods import GalaiMethods
from galai_jupyter.options import OPTIONS, GenerationOptions, build_options, find_option
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import END_REF, open_reference
from galai_jupyter.scoring import score_continuation
from galai_jupyter.strategies import parse_decodings
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    from galai_jupyter.comparison import Comparison
    from galai_jupyter.generation import Generation, ModelDescription, Reference
    from galai_jupyter.scores import ContinuationScore


class Model(GalaiMethods):
    """A language model that continues text.

    Parameters
    ----------
    engine : Engine
        What runs it.
    on_start, on_finish : callable, optional
        Called with the model and every stream, before its first token and at its end; the
        session takes its lock and keeps its history here.

    Attributes
    ----------
    engine : Engine
        What runs it.
    closed : bool
        Whether it was unloaded.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        on_start: Callable[[Model, GenerationStream], None] = lambda model, stream: None,
        on_finish: Callable[[Model, GenerationStream], None] = lambda model, stream: None,
    ) -> None:
        self.engine = engine
        self.closed = False
        self._on_start, self._on_finish = on_start, on_finish

    def __repr__(self) -> str:
        description = self.description
        return f"<Model {description.name!r} on {description.device}, {description.dtype}>"

    @property
    def name(self) -> str:
        """The name under which it was loaded."""
        return self.description.name

    @property
    def description(self) -> ModelDescription:
        """What it is and where it runs now."""
        return self.engine.description

    def stream(
        self,
        prompts: Prompt | Sequence[Prompt],
        options: GenerationOptions,
        complete: Callable[[Generation], Generation] = lambda generation: generation,
    ) -> GenerationStream:
        """Return an iterator of events for prompts; nothing runs before the first ``next``.

        Parameters
        ----------
        prompts : Prompt or sequence of Prompt
            What to continue.
        options : GenerationOptions
            How to decode; a seed is drawn where sampling has none, and recorded.
        complete : callable, optional
            ``complete(generation) -> generation``: adds to each record what follows from it.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        """
        self.check_open()
        prompts = [prompts] if isinstance(prompts, Prompt) else prompts
        options = options.checked()
        if options.samples and options.seed is None:
            options = replace(options, seed=random.SystemRandom().randrange(2**31))
        return GenerationStream(
            self.engine,
            prompts,
            options,
            complete=complete,
            on_start=lambda stream: self._on_start(self, stream),
            on_finish=lambda stream: self._on_finish(self, stream),
        )

    def suggest_references(
        self,
        text: str,
        suggestions: int = 5,
        *,
        diversity_penalty: float = 0.0,
        threshold: float | None = None,
        new_doc: bool = False,
        max_new_tokens: int = 60,
        library: str | PathLike[str] | None = None,
        constrain: bool = False,
        lookup: str | LookupService | None = None,
    ) -> list[Reference]:
        """Suggest papers to cite at the end of a text, and tell how sure the model is.

        Parameters
        ----------
        text : str
            What the reference is for; it may end in one that is open.
        suggestions : int, default 5
            How many at most; beam search with so many beams. None is repeated.
        diversity_penalty : float, default 0
            Diverse beam search: what a token costs that another beam has chosen.
        threshold : float, optional
            The least log-probability (the sum over its tokens) of a suggestion that is returned,
            for example -1. An empty list then means that the model knows no such paper.
        new_doc : bool, default False
            Begin a new document (``</s>`` in front).
        max_new_tokens : int, default 60
            Tokens of a reference, at most; with `constrain` as many as the longest one needs.
        library : str or path-like, optional
            A .bib file that the suggestions are checked against; those that are in it have its
            ``key``. What cannot be read in it is left out with a warning.
        constrain : bool, default False
            Suggest only what the library has.
        lookup : str or LookupService, optional
            Ask ``"crossref"`` (api.crossref.org) or ``"openalex"`` (api.openalex.org) over the
            network for each suggestion that the library does not have; those that are known there
            have a ``doi`` and the service's name as ``source``. Needs
            ``pip install 'galai-jupyter[lookup]'``.

        Returns
        -------
        list of Reference
            The likeliest first; those that the tokens did not suffice for come last. Each has
            the sum, mean and minimum of its log-probabilities and, as an estimate from these, a
            confidence and a label (see `galai_jupyter.confidence`).

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        EngineError
            If the engine fails, or cannot keep to a library.
        LibraryError
            If the library cannot be read, or has nothing to suggest.
        """
        OPTIONS["threshold"].check(threshold)
        chosen = reference_options(suggestions, None, diversity_penalty)
        chosen |= {"max_new_tokens": max_new_tokens, "stop": (END_REF,)}
        chosen |= library_options(self.engine, library, constrain, max_new_tokens)
        prompt = Prompt(open_reference(text), new_doc)
        complete = partial(suggest, threshold=threshold)
        options = build_options(GenerationOptions, chosen)
        found = self.stream(prompt, options, complete).drain()[0].suggestions
        warn_of_cuts(library_notices(chosen["library"]))
        return check_references(found.accepted, lookup=lookup) if found else []

    def score(self, prompt: str, continuation: str, *, new_doc: bool = False) -> ContinuationScore:
        """Return how likely the model finds a continuation, token by token.

        Parameters
        ----------
        prompt : str
            What stands before it; if empty, the continuation begins a document.
        continuation : str
            The text to score.
        new_doc : bool, default False
            Begin a new document (``</s>`` in front).

        Returns
        -------
        ContinuationScore
            Log-probabilities of the tokens, their sum, mean and minimum, and the perplexity.

        Raises
        ------
        PromptError
            If the continuation is empty or too long.

        Examples
        --------
        >>> from galai_jupyter.engines.scripted import ScriptedEngine
        >>> Model(ScriptedEngine([""])).score("1 + 1 = ", "2").perplexity
        2.0
        """
        self.check_open()
        return score_continuation(self.engine, Prompt(prompt, new_doc or not prompt), continuation)

    def compare(
        self,
        text: str,
        decodings: str | Sequence[str],
        *,
        new_doc: bool = False,
        **options: Any,
    ) -> Comparison:
        """Continue a text under several decodings, one after the other.

        Parameters
        ----------
        text : str
            What to continue.
        decodings : str or sequence of str
            Strategies with their values: ``greedy``, ``nucleus:top_p``, ``top-k:top_k``,
            ``sampling[:temperature]``, ``contrastive[:penalty_alpha[:top_k]]``,
            ``beam:num_beams``, ``diverse:num_beams[:diversity_penalty]``.
        new_doc : bool, default False
            Begin a new document (``</s>`` in front).
        **options
            Fields of `GenerationOptions` that the decodings have in common.

        Returns
        -------
        Comparison
            A notebook shows it side by side; ``comparison["greedy"]`` is one of its generations.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        EngineError
            If a decoding fails.
        """
        for name in options:
            find_option(name)
        chosen = parse_decodings(decodings, build_options(GenerationOptions, options))
        return ComparisonStream(self.stream, Prompt(text, new_doc), chosen).drain()

    def check_open(self) -> None:
        """Raise `EngineError` if the model was unloaded."""
        if self.closed:
            raise EngineError("This model was unloaded: load it again.")

    def close(self) -> None:
        """Give the memory back; the model cannot be used afterwards."""
        self.closed = True
        self.engine.close()
