"""Prompts as ids in, scored ids out, from a transformers model on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from galai_jupyter.catalog import int8_extra, state_size
from galai_jupyter.engines import checkpoint, finding, hardware
from galai_jupyter.engines.base import ScoredId, Step
from galai_jupyter.engines.precision import Precision, choose
from galai_jupyter.engines.progress import Progress
from galai_jupyter.errors import CheckpointError, OptionError
from galai_jupyter.generation import ModelDescription
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import END_OF_DOCUMENT, PADDING, StopStrings, load_tokenizer, special_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer


_SMALL = 20_000_000
"""Below so many parameters one thread is fastest: waking others takes longer than the work, and
much longer where a browser wants the processors, too."""


class LocalEngine:
    """A transformers model, its tokenizer and the decoding strategies.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model.
    tokenizer : tokenizers.Tokenizer
        Galactica's.
    name, revision, licence : str
        For the description.
    precision : Precision, optional
        The number format that was chosen for the weights, and why.

    Attributes
    ----------
    model : transformers.PreTrainedModel
        The model itself; it may be moved with ``.to(...)`` at any time.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Tokenizer,
        name: str = "",
        revision: str = "",
        licence: str = "",
        precision: Precision | None = None,
    ) -> None:
        from galai_jupyter.engines.int8 import count_parameters

        self.model = model.eval()
        self._tokenizer = tokenizer
        self._name, self._revision, self._licence = name, revision, licence
        self._precision = precision
        self._parameters = count_parameters(model)

    @classmethod
    def load(
        cls,
        name: str,
        options: LoadOptions | None = None,
        progress: Progress = lambda label, fraction: None,
    ) -> LocalEngine:
        """Load a checkpoint; it is checked before, while and after its weights are read.

        Parameters
        ----------
        name : str
            A catalog name, a hub id or a local folder.
        options : LoadOptions, optional
            Device, dtype, number of GPUs.
        progress : callable, optional
            ``progress(label, fraction)``.

        Raises
        ------
        ModelNotFoundError, CheckpointError, InsufficientMemoryError, OptionError
            Each with one sentence that says what to do.
        """
        options = options or LoadOptions()
        place = hardware.choose_device(options.device, options.num_gpus)

        def check_memory(config: Any) -> None:
            chosen = _precision(options.dtype, place, config).dtype
            checkpoint.check_memory(
                name,
                checkpoint.count_parameters(config),
                chosen,
                _cache_size(config, chosen),
                hardware.free_memory(place, options.num_gpus),
                _int8_extra(config) if place == "cpu" else None,
            )

        progress("Looking up", 0.0)
        found = finding.find_checkpoint(name, check_memory, progress)
        tokenizer = load_tokenizer(found.folder)
        config = checkpoint.read_config(found.folder)
        if tokenizer.get_vocab_size() > config.vocab_size:
            raise CheckpointError(
                f"The tokenizer in {found.folder} has {tokenizer.get_vocab_size()} tokens and the "
                f"model {config.vocab_size}: they do not belong together; download both again."
            )
        chosen = _precision(options.dtype, place, config)
        model = checkpoint.load_weights(
            found.folder, config, chosen.dtype, _placement(place, options.num_gpus), progress
        )
        return cls(model, tokenizer, name, found.revision, found.licence, chosen)

    @property
    def description(self) -> ModelDescription:
        """Which model this is; device and dtype are read from the weights as they are now."""
        weight = self.model.get_input_embeddings().weight
        devices = set(getattr(self.model, "hf_device_map", {}).values())
        device = f"{len(devices)} devices" if len(devices) > 1 else str(weight.device)
        dtype = str(weight.dtype).removeprefix("torch.")
        chosen = self._precision
        return ModelDescription(
            name=self._name,
            revision=self._revision,
            engine="local",
            dtype=dtype,
            dtype_reason=chosen.reason if chosen and chosen.dtype == dtype else "",
            device=device,
            parameters=self._parameters,
            licence=self._licence,
        )

    @property
    def _is_small(self) -> bool:
        device = self.model.get_input_embeddings().weight.device.type
        return bool(device == "cpu" and self._parameters < _SMALL)

    @property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's own tokenizer."""
        return self._tokenizer

    @property
    def context_size(self) -> int:
        """The number of positions that the model has."""
        return int(self.model.config.max_position_embeddings)

    def steps(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        interrupted: Callable[[], bool],
    ) -> Iterator[Step]:
        """Continue the prompts with the strategy that the options ask for."""
        from galai_jupyter.engines.decoding import continue_prompts
        from galai_jupyter.engines.decoding.stopping import Stopping

        stopping = Stopping(
            options.max_new_tokens,
            special_id(self._tokenizer, END_OF_DOCUMENT),
            StopStrings(self._tokenizer, options.stop),
            options.min_new_tokens,
        )
        padding = special_id(self._tokenizer, PADDING)
        steps = continue_prompts(self.model, prompts, options, stopping, padding, interrupted)
        return _single_threaded(steps) if self._is_small else steps

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        """Score a continuation in one forward pass."""
        from galai_jupyter.engines.decoding import score_continuation

        return score_continuation(self.model, prompt, continuation)

    def close(self) -> None:
        """Drop the weights."""
        del self.model


def _single_threaded(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield `steps`, each computed on one thread; the process keeps its setting otherwise."""
    import torch

    while True:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            step = next(steps)
        except StopIteration:
            return
        finally:
            torch.set_num_threads(threads)
        yield step


def _precision(dtype: str, device: str, config: Any) -> Precision:
    stored = str(getattr(config, "dtype", None) or "float32").removeprefix("torch.")
    return choose(dtype, device, stored, config.hidden_size)


def _cache_size(config: Any, dtype: str) -> int:
    """Return the bytes of keys and values for one full context."""
    per_token = 2 * config.num_hidden_layers * config.hidden_size * state_size(dtype)
    return int(per_token * config.max_position_embeddings)


def _int8_extra(config: Any) -> int | None:
    """Return the bytes that int8 takes beyond one for each parameter; None if it cannot be had."""
    if config.model_type != "opt":
        return None
    positions = config.max_position_embeddings + 2
    return int8_extra(config.num_hidden_layers, config.hidden_size, config.vocab_size, positions)


def _placement(device: str, num_gpus: int | None) -> dict[str, Any]:
    """Return where transformers and accelerate are to put the layers."""
    import torch

    if device != "cuda":
        return {"device_map": {"": device}}
    count = torch.cuda.device_count() if num_gpus is None else num_gpus
    if count > torch.cuda.device_count():
        raise OptionError(
            f"num_gpus={count} is more than the {torch.cuda.device_count()} GPUs of this machine: "
            "ask for fewer."
        )
    if count == 1:
        return {"device_map": {"": "cuda:0"}}
    limits = {index: torch.cuda.mem_get_info(index)[0] for index in range(count)}
    # What is left of the first GPU holds the activations and the logits.
    limits[0] = int(limits[0] * 0.9)
    return {"device_map": "auto", "max_memory": limits}
