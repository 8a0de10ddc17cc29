"""A model's name in, a `Model` out: galai's interface over an engine."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import EngineError
from galai_jupyter.galai_methods import GalaiMethods
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    from galai_jupyter.generation import ModelDescription


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

    def check_open(self) -> None:
        """Raise `EngineError` if the model was unloaded."""
        if self.closed:
            raise EngineError("This model was unloaded: load it again.")

    def close(self) -> None:
        """Give the memory back; the model cannot be used afterwards."""
        self.closed = True
        self.engine.close()
