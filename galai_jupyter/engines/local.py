"""Prompts as ids in, scored ids out, from a transformers model on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from galai_jupyter.catalog import int8_extra
from galai_jupyter.engines import checkpoint, finding, hardware
from galai_jupyter.engines.base import PrefixStatistics, ScoredId, Step
from galai_jupyter.engines.fingerprint import fingerprint
from galai_jupyter.engines.placement import Placement
from galai_jupyter.engines.precision import Precision, choose
from galai_jupyter.engines.progress import Progress
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.errors import CheckpointError
from galai_jupyter.generation import ModelDescription
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import END_OF_DOCUMENT, PADDING, StopStrings, load_tokenizer, special_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer


_SMALL = 20_000_000
"""Below so many parameters one thread is fastest: waking others takes longer than the work, and
much longer where a browser wants the processors, too."""

_MOST_FOR_PREFIXES = 4_000_000_000
"""Bytes that the prefix cache takes at most by itself; a context of 2,048 tokens of the 125M model
takes 150 MB in float32, one of the 6.7B model 1 GB in 16 bits."""


class LocalEngine:
    """A transformers model, its tokenizer and the decoding strategies.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model.
    tokenizer : tokenizers.Tokenizer
        Galactica's.
    name, revision, licence, fingerprint : str
        For the description.
    prefix_cache : int, optional
        MB for the keys and values of the last prompts, 0 for none; a tenth of the free memory,
        but 4,000 at most, when left out.
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
        fingerprint: str = "",
        prefix_cache: int | None = None,
        precision: Precision | None = None,
    ) -> None:
        from galai_jupyter.engines.assembly import count_parameters
        from galai_jupyter.engines.decoding.prefix_cache import PrefixCache

        self.model = model.eval()
        self._tokenizer = tokenizer
        self._name, self._revision, self._licence = name, revision, licence
        self._fingerprint, self._precision = fingerprint, precision
        self._parameters = count_parameters(model)
        limit = self._default_limit() if prefix_cache is None else prefix_cache * 1_000_000
        self._prefixes = PrefixCache(limit) if limit else None

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
            Device, dtype, number of GPUs, revision.
        progress : callable, optional
            ``progress(label, fraction)``.

        Raises
        ------
        ModelNotFoundError, CheckpointError, InsufficientMemoryError, OptionError
            Each with one sentence that says what to do.
        """
        options = options or LoadOptions()
        device = hardware.choose_device(options.device, options.num_gpus)

        def place(config: Any) -> dict[str, int | str]:
            """Return where the layers go; raise if there is no room for them."""
            chosen = _precision(options.dtype, device, config).dtype
            if device.startswith("cuda"):
                free = hardware.free_gpu_memory(device, options.num_gpus)
                return Placement(name, config).device_map(chosen, free)
            checkpoint.check_memory(
                name,
                checkpoint.count_parameters(config),
                chosen,
                checkpoint.cache_size(config, chosen),
                hardware.free_memory(),
                _int8_extra(config) if device == "cpu" else None,
                _packed_head(config, chosen) if device == "cpu" else 0,
            )
            return {"": device}

        progress("Looking up", 0.0)
        found = finding.find_checkpoint(name, place, progress, options.revision)
        tokenizer = load_tokenizer(found.folder)
        config = checkpoint.read_config(found.folder)
        if tokenizer.get_vocab_size() > config.vocab_size:
            raise CheckpointError(
                f"The tokenizer in {found.folder} has {tokenizer.get_vocab_size()} tokens and the "
                f"model {config.vocab_size}: they do not belong together; download both again."
            )
        chosen = _precision(options.dtype, device, config)
        model = checkpoint.load_weights(found.folder, config, chosen.dtype, place(config), progress)
        return cls(
            model,
            tokenizer,
            name,
            found.revision,
            found.licence,
            fingerprint(found.folder),
            options.prefix_cache,
            chosen,
        )

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
            fingerprint=self._fingerprint,
        )

    @property
    def prefix_statistics(self) -> PrefixStatistics | None:
        """What is kept of the last prompts; `None` where that is switched off."""
        return self._prefixes.statistics if self._prefixes else None

    def _default_limit(self) -> int:
        return min(self._free_memory() // 10, _MOST_FOR_PREFIXES)

    def _room(self) -> int:
        """Return how many tokens a batch may have: their cache takes a quarter of the memory."""
        config, weight = self.model.config, self.model.get_input_embeddings().weight
        per_token = 2 * config.num_hidden_layers * config.hidden_size * weight.element_size()
        return int(self._free_memory() // 4 // per_token)

    def _free_memory(self) -> int:
        import torch

        device = str(self.model.get_input_embeddings().weight.device)
        if device.startswith("cuda") and torch.cuda.is_available():
            return sum(hardware.free_gpu_memory(device).values())
        return hardware.free_memory()

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

    def check(self, options: GenerationOptions) -> None:
        """Refuse nothing: it has every strategy."""

    def steps(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        interrupted: Callable[[], bool],
        constraint: ReferenceTrie | None = None,
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
        steps = continue_prompts(
            self.model,
            prompts,
            options,
            stopping,
            padding,
            interrupted,
            constraint,
            self._prefixes,
            self._room(),
        )
        return _single_threaded(steps) if self._is_small else steps

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        """Score a continuation in one forward pass."""
        from galai_jupyter.engines.decoding import score_continuation

        return score_continuation(self.model, prompt, continuation, self._prefixes)

    def close(self) -> None:
        """Drop the weights, and what they computed."""
        del self.model
        if self._prefixes:
            self._prefixes.clear()


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


def _int8_extra(config: Any) -> int | None:
    """Return the bytes that int8 takes beyond one for each parameter; None if it cannot be had."""
    if config.model_type != "opt":
        return None
    positions = config.max_position_embeddings + 2
    return int8_extra(config.num_hidden_layers, config.hidden_size, config.vocab_size, positions)


def _packed_head(config: Any, dtype: str) -> int:
    """Return how many numbers the output layer holds besides the embedding that it is tied to."""
    import torch

    from galai_jupyter.engines.packed import can_pack

    tied = config.model_type == "opt" and config.tie_word_embeddings
    if not tied or dtype == "int8" or not can_pack(getattr(torch, dtype)):
        return 0
    return int(config.vocab_size * config.hidden_size)
