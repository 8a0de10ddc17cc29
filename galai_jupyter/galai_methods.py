"""galai's methods of a model, over an engine and its streams."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from galai_jupyter.arguments import (
    ask_for_reference,
    build_prompts,
    choose_length,
    reference_options,
    resolve_conflicts,
    warn_of_cuts,
)
from galai_jupyter.bibliography.checking import library_notices
from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import EngineError, Interrupted
from galai_jupyter.generation import Generation
from galai_jupyter.options import GenerationOptions, build_options, find_option
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import END_REF, read_references
from galai_jupyter.streaming import GenerationStream, cut_notices, encode_prompt
from galai_jupyter.tokens import PADDING, special_id

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer


_MANY = 8
"""So many prompts have a progress bar."""


class GalaiMethods(ABC):
    """What notebooks that were written for galai call.

    Attributes
    ----------
    engine : Engine
        What runs the model.
    """

    engine: Engine

    @abstractmethod
    def stream(
        self, prompts: Prompt | Sequence[Prompt], options: GenerationOptions
    ) -> GenerationStream:
        """Return an iterator of events for prompts."""

    @abstractmethod
    def check_open(self) -> None:
        """Raise `EngineError` if the model was unloaded."""

    @property
    def model(self) -> Any:
        """The transformers model, for what transformers offers beyond this class.

        Raises
        ------
        EngineError
            If the engine holds none, or the model was unloaded.
        """
        self.check_open()
        model = getattr(self.engine, "model", None)
        if model is None:
            raise EngineError(
                f"The {self.engine.description.engine} engine holds no transformers model: use "
                "generate or generate_reference, or load the checkpoint with load_model."
            )
        return model

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer (of the `tokenizers` library)."""
        return self.engine.tokenizer

    def generate(
        self,
        input_text: str | Sequence[str],
        max_length: int | None = None,
        max_new_tokens: int | None = None,
        new_doc: bool = False,
        top_p: float | None = None,
        top_k: int | None = None,
        penalty_alpha: float | None = None,
        num_beams: int = 1,
        num_return_sequences: int = 1,
        return_full_text: bool = True,
        **options: Any,
    ) -> Any:
        """Continue text.

        Several prompts are run in batches of similar lengths, behind a progress bar where they are
        many; the answers have the order of the prompts. Where options contradict each other, some
        are left out with a warning, as beams go before sampling; an empty text begins a new
        document.

        Parameters
        ----------
        input_text : str or sequence of str
            One prompt or several.
        max_length : int, optional
            Tokens of prompt and continuation together, at most.
        max_new_tokens : int, default 60
            Tokens of the continuation, at most; goes before `max_length`.
        new_doc : bool, default False
            Begin a new document (``</s>`` in front).
        top_p : float, optional
            Nucleus sampling with this probability mass.
        top_k : int, optional
            Top-k sampling from this many tokens; with `penalty_alpha`, its candidates.
        penalty_alpha : float, optional
            Contrastive search with this weight; needs `top_k`.
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
        Interrupted
            After a keyboard interrupt; its ``generations``, one for each prompt, have the texts so
            far, and the session's history has them, too.
        """
        texts = [input_text] if isinstance(input_text, str) else list(input_text)
        chosen = resolve_conflicts(
            dict(
                options,
                top_p=top_p,
                top_k=top_k,
                penalty_alpha=penalty_alpha,
                num_beams=num_beams,
                num_return_sequences=num_return_sequences,
            )
        )
        prompts = build_prompts(texts, new_doc)
        answers: list[Any] = []
        for generation in self._run(prompts, max_length, max_new_tokens, chosen):
            front = generation.prompt if return_full_text else ""
            found = [front + sequence.text for sequence in generation.sequences]
            answers.append(found if num_return_sequences > 1 else found[0])
        return answers[0] if isinstance(input_text, str) else answers

    def generate_reference(
        self,
        input_text: str | Sequence[str],
        max_length: int | None = None,
        max_new_tokens: int | None = None,
        new_doc: bool = False,
        top_p: float | None = None,
        suggestions: int = 1,
        diversity_penalty: float = 0.0,
        *,
        library: str | PathLike[str] | None = None,
        constrain: bool = False,
    ) -> Any:
        """Suggest papers to cite at the end of a text.

        ``[START_REF]`` is put behind the text unless its last reference is open already; whether
        a space stands before it is up to the text. Suggestions are made up as easily as any text:
        check them. :meth:`suggest_references` tells how sure the model is.

        Parameters
        ----------
        input_text : str or sequence of str
            One text or several.
        max_length, max_new_tokens, new_doc
            As for :meth:`generate`.
        top_p : float, optional
            Nucleus sampling with this probability mass.
        suggestions : int, default 1
            How many; beam search with so many beams, unless `top_p` is given.
        diversity_penalty : float, default 0
            Diverse beam search: what a token costs that another beam has chosen.
        library : str or path-like, optional
            A .bib file.
        constrain : bool, default False
            Suggest only what the library has.

        Returns
        -------
        str, list of str, or list of list of str
            ``"Title, Surname"`` for one text, a list for several; with ``suggestions > 1`` a list
            in place of each, which is shorter where suggestions would repeat.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        EngineError
            If the engine fails.
        """
        texts = [input_text] if isinstance(input_text, str) else list(input_text)
        prompts = build_prompts([ask_for_reference(text) for text in texts], new_doc)
        chosen = reference_options(suggestions, top_p, diversity_penalty)
        chosen |= {"library": None if library is None else fspath(library), "constrain": constrain}
        answers: list[Any] = []
        for generation in self._run(
            prompts, max_length, max_new_tokens, chosen | {"stop": (END_REF,)}
        ):
            references = read_references(generation)
            if not all(reference.complete for reference in references):
                warnings.warn(
                    "A reference is not finished: raise max_new_tokens or max_length.",
                    UserWarning,
                    stacklevel=2,
                )
            found = [str(reference) for reference in references]
            answers.append(found if suggestions > 1 else found[0])
        return answers[0] if isinstance(input_text, str) else answers

    def _run(
        self,
        prompts: Sequence[Prompt],
        max_length: int | None,
        max_new_tokens: int | None,
        chosen: dict[str, Any],
    ) -> list[Generation]:
        """Generate to the end, and warn of what was cut from the prompts."""
        if not prompts:
            return []
        for name in chosen:
            find_option(name)
        engine = self.engine
        chosen["max_new_tokens"] = choose_length(
            engine.tokenizer, prompts, max_length, max_new_tokens, engine.context_size
        )
        generations = _drain(self.stream(prompts, build_options(GenerationOptions, chosen)))
        cuts = [notice for each in generations for notice in cut_notices(each.truncated_tokens)]
        warn_of_cuts([*cuts, *library_notices(chosen.get("library"))])
        return generations

    def _tokenize(self, input_text: Sequence[str], new_doc: bool = False) -> torch.Tensor:
        """Return texts as one left-padded tensor on the model's device, as galai prepares them.

        For calls of transformers' own methods: ``model.model.generate(model._tokenize([text]))``.
        Prompts keep room for 60 new tokens.

        Parameters
        ----------
        input_text : sequence of str
            The prompts.
        new_doc : bool, default False
            Begin new documents (``</s>`` in front).

        Returns
        -------
        torch.Tensor of int64, shape (prompts, longest)
        """
        import torch

        tokenizer = self.tokenizer
        prompts = build_prompts(list(input_text), new_doc)
        room = choose_length(tokenizer, prompts, None, None, self.engine.context_size)
        rows = [
            encode_prompt(tokenizer, prompt, room, self.engine.context_size) for prompt in prompts
        ]
        warn_of_cuts([notice for _, cut in rows for notice in cut_notices(cut)])
        longest = max(len(ids) for ids, _ in rows)
        padding = special_id(tokenizer, PADDING)
        return torch.tensor(
            [[padding] * (longest - len(ids)) + ids for ids, _ in rows],
            device=self.model.get_input_embeddings().weight.device,
        )


def _drain(stream: GenerationStream) -> list[Generation]:
    """Run a stream to its end; many prompts have a progress bar.

    Raises
    ------
    Interrupted
        After a keyboard interrupt, with the texts so far.
    """
    from tqdm import tqdm

    count = stream.prompt_count
    # A plain bar, as a widget would be lost when the notebook is saved.
    with tqdm(
        total=count, unit="prompt", leave=False, file=sys.stdout, disable=count < _MANY
    ) as bar:
        try:
            for _ in stream:
                bar.update(stream.finished_prompts - bar.n)
        except KeyboardInterrupt:
            stream.close()
            if not stream.generations:  # it had not begun
                raise
            bar.close()
            raise Interrupted(
                f"{stream.finished_prompts} of {count} prompts are complete; the texts so far are "
                f"kept in get_session().history[-{count}:] and in this exception's generations.",
                stream.generations,
            ) from None
    return stream.generations
