"""A model's name in, a `Model` out: galai's interface over an engine."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import EngineError
from galai_jupyter.options import GenerationOptions, build_options, find_option
from galai_jupyter.prompts import Prompt
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from galai_jupyter.generation import ModelDescription


class Model:
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

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer (of the `tokenizers` library)."""
        return self.engine.tokenizer

    def stream(
        self, prompts: Prompt | Sequence[Prompt], options: GenerationOptions
    ) -> GenerationStream:
        """Return an iterator of events for prompts; nothing runs before the first ``next``.

        Parameters
        ----------
        prompts : Prompt or sequence of Prompt
            What to continue.
        options : GenerationOptions
            How to decode; a seed is drawn where sampling has none, and recorded.

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
            on_start=lambda stream: self._on_start(self, stream),
            on_finish=lambda stream: self._on_finish(self, stream),
        )

    def generate(
        self,
        input_text: str | Sequence[str],
        *,
        max_new_tokens: int | None = None,
        new_doc: bool = False,
        top_p: float | None = None,
        top_k: int | None = None,
        num_beams: int = 1,
        num_return_sequences: int = 1,
        return_full_text: bool = True,
        **options: Any,
    ) -> Any:
        """Continue text.

        Parameters
        ----------
        input_text : str or sequence of str
            One prompt or several.
        max_new_tokens : int, default 60
            Generate at most this many tokens.
        new_doc : bool, default False
            Begin a new document (``</s>`` in front).
        top_p : float, optional
            Nucleus sampling with this probability mass.
        top_k : int, optional
            Top-k sampling from this many tokens.
        num_beams : int, default 1
            Beam search with this many beams.
        num_return_sequences : int, default 1
            How many continuations of each prompt.
        return_full_text : bool, default True
            Whether the prompt stands in front of each continuation.
        **options
            Further fields of `GenerationOptions`.

        Returns
        -------
        str, list of str, or list of list of str
            A text for one prompt, a list for several; with ``num_return_sequences > 1`` a list
            of texts in place of each text.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        EngineError
            If the engine fails.
        """
        chosen = dict(
            options,
            top_p=top_p,
            top_k=top_k,
            num_beams=num_beams,
            num_return_sequences=num_return_sequences,
        )
        if max_new_tokens is not None:
            chosen["max_new_tokens"] = max_new_tokens
        single = isinstance(input_text, str)
        texts = [input_text] if isinstance(input_text, str) else list(input_text)
        prompts = [Prompt(text, new_doc) for text in texts]
        for name in chosen:
            find_option(name)
        generations = self.stream(prompts, build_options(GenerationOptions, chosen)).drain()
        answers: list[Any] = []
        for generation in generations:
            front = generation.prompt if return_full_text else ""
            found = [front + sequence.text for sequence in generation.sequences]
            answers.append(found if num_return_sequences > 1 else found[0])
        return answers[0] if single else answers

    def check_open(self) -> None:
        """Raise `EngineError` if the model was unloaded."""
        if self.closed:
            raise EngineError("This model was unloaded: load it again.")

    def close(self) -> None:
        """Give the memory back; the model cannot be used afterwards."""
        self.closed = True
        self.engine.close()
