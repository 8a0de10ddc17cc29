"""A model and padded prompts in, new token ids out: every decoding strategy in one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.decoding.strategy import continue_prompts
from galai_jupyter.errors import OptionError, PromptError
from galai_jupyter.options import GenerationOptions


def decode(
    model: Any,
    input_ids: Tensor,
    attention_mask: Tensor,
    *,
    max_new_tokens: int,
    min_new_tokens: int = 0,
    do_sample: bool | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    penalty_alpha: float | None = None,
    num_beams: int = 1,
    num_beam_groups: int | None = None,
    diversity_penalty: float = 0.0,
    num_return_sequences: int = 1,
    repetition_penalty: float = 1.0,
    no_repeat_ngram_size: int = 0,
    prompt_lookup_num_tokens: int | None = None,
    seed: int | None = None,
) -> Tensor:
    """Continue a batch of prompts and return the new tokens.

    The options choose the strategy: none is greedy search; `temperature`, `top_k` or `top_p`
    sample (Fan et al. 2018; Holtzman et al. 2020); `penalty_alpha` with `top_k` is contrastive
    search (Su et al. 2022); `num_beams` is beam search, and with `diversity_penalty` diverse beam
    search (Vijayakumar et al. 2016). All but sampling give the tokens that ``generate`` of
    transformers 4.55 gives.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode. Its generation config, or else its config,
        says which tokens end a text and fill a row.
    input_ids : torch.Tensor of int, shape (batch, length)
        The prompts, padded on the left.
    attention_mask : torch.Tensor, shape (batch, length)
        1 for the tokens of a prompt and 0 for padding.
    max_new_tokens : int
        Length of a continuation at most.
    min_new_tokens : int, default 0
        The end of the text is not generated before this many tokens.
    do_sample : bool, optional
        Whether to sample; the other options decide when left out. Alone it draws from the
        model's own distribution.
    temperature : float, optional
        Below 1 sharpens the distribution, above 1 flattens it.
    top_k : int, optional
        Draw from this many likeliest tokens; with `penalty_alpha` the number of candidates.
    top_p : float, optional
        Draw from the likeliest tokens that together reach this probability.
    penalty_alpha : float, optional
        Weight of the similarity with what was said before, 0 to 1.
    num_beams : int, default 1
        1 is no beam search.
    num_beam_groups : int, optional
        A divisor of `num_beams`; as many groups as beams when left out. Only with
        `diversity_penalty`.
    diversity_penalty : float, default 0
        What a token costs that an earlier group of beams has chosen; 0 is plain beam search.
    num_return_sequences : int, default 1
        Sequences per prompt, best first where they are ranked; beams or samples at most.
    repetition_penalty : float, default 1
        Divides the score of tokens that occurred already (Keskar et al. 2019).
    no_repeat_ngram_size : int, default 0
        No n-gram of this size twice; 0 is off.
    prompt_lookup_num_tokens : int, optional
        Greedy search of a single prompt guesses up to this many tokens and checks them at once
        (Saxena 2023; Leviathan et al. 2023); 0 is off. Where it pays in float32 when left out.
    seed : int, optional
        Of the samples; drawn from torch's random numbers when left out.

    Returns
    -------
    torch.Tensor of int64, shape (batch * num_return_sequences, new)
        The new tokens, the sequences of a prompt next to each other. Sequences that have ended
        keep the token that ended them and are filled with padding; `new` is the greatest length.

    Raises
    ------
    OptionError
        If an option is out of range, two of them contradict each other, or the model has fewer
        positions than prompt and continuation need.
    PromptError
        If a prompt is empty or not padded on the left.

    Notes
    -----
    Sources: Fan et al. 2018, arXiv 1805.04833; Holtzman et al. 2020, arXiv 1904.09751; Keskar et
    al. 2019, arXiv 1909.05858; Leviathan et al. 2023, arXiv 2211.17192; Saxena 2023,
    https://github.com/apoorvumang/prompt-lookup-decoding; Su et al. 2022, arXiv 2202.06417;
    Vijayakumar et al. 2016, arXiv 1610.02424.
    """
    sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    _check_do_sample(do_sample, num_beams, penalty_alpha, sampling)
    if do_sample and not any(sampling.values()):
        sampling["temperature"] = 1.0
    if seed is None and any(sampling.values()):
        seed = int(torch.randint(2**31, ()))
    chosen: dict[str, Any] = dict(
        sampling,
        max_new_tokens=max_new_tokens,
        min_new_tokens=min_new_tokens,
        penalty_alpha=penalty_alpha,
        num_beams=num_beams,
        num_beam_groups=num_beam_groups,
        diversity_penalty=diversity_penalty,
        num_return_sequences=num_return_sequences,
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
        prompt_lookup_num_tokens=prompt_lookup_num_tokens,
        seed=seed,
    )
    options = GenerationOptions(**chosen).checked()
    prompts = _prompts(model, input_ids, attention_mask, max_new_tokens)
    end, padding = _special_ids(model)
    stopping = Stopping(max_new_tokens, end, min_new_tokens=min_new_tokens)
    steps = continue_prompts(model, prompts, options, stopping, padding, lambda: False)
    return _padded(steps, padding).to(input_ids.device)


def _check_do_sample(
    do_sample: bool | None,
    num_beams: int,
    penalty_alpha: float | None,
    sampling: Mapping[str, float | None],
) -> None:
    """Refuse what contradicts transformers' switch, which our own options do not have."""
    given = [name for name, value in sampling.items() if value is not None]
    if do_sample is False and given and penalty_alpha is None:
        raise OptionError(f"{given[0]} is sampling: drop it or do_sample=False.")
    if do_sample and (num_beams > 1 or penalty_alpha is not None):
        other = (
            "num_beams is beam search" if num_beams > 1 else "penalty_alpha is contrastive search"
        )
        raise OptionError(f"{other} and do_sample is sampling: drop one of the two.")


def _prompts(
    model: Any, input_ids: Tensor, attention_mask: Tensor, max_new_tokens: int
) -> list[list[int]]:
    """Return the prompts without their padding."""
    if input_ids.ndim != 2 or input_ids.shape != attention_mask.shape:
        raise PromptError("input_ids and attention_mask must both have the shape [batch, length].")
    mask = attention_mask.bool()
    lengths = mask.sum(dim=1)
    places = torch.arange(input_ids.shape[1], device=mask.device)
    left_padded = mask == (places >= input_ids.shape[1] - lengths[:, None])
    if not len(lengths) or not bool(left_padded.all()) or not bool(lengths.all()):
        raise PromptError("Each prompt must have a token, and padding on its left only.")
    size = model.config.max_position_embeddings
    longest = int(lengths.max())
    if longest + max_new_tokens > size:
        raise OptionError(
            f"max_new_tokens={max_new_tokens} after {longest} tokens is more than the model's "
            f"{size} positions: lower max_new_tokens or shorten the prompt."
        )
    return [
        row[len(row) - length :]
        for row, length in zip(input_ids.tolist(), lengths.tolist(), strict=True)
    ]


def _special_ids(model: Any) -> tuple[int, int]:
    """Return the ids that end a text (-1 if there is none) and that fill a row."""

    def find(name: str) -> Any:
        found = getattr(model.generation_config, name, None)
        return getattr(model.config, name, None) if found is None else found

    end, padding = find("eos_token_id"), find("pad_token_id")
    if isinstance(end, Sequence):
        if len(end) > 1:
            raise OptionError(
                f"The model's generation config names {len(end)} ids that end a text: leave one."
            )
        end = end[0]
    end = -1 if end is None else int(end)
    return end, int(padding) if padding is not None else max(end, 0)


def _padded(steps: Iterator[Step], padding: int) -> Tensor:
    """Return the tokens of all sequences, shape (sequences, new)."""
    said: dict[tuple[int, int], list[int]] = {}
    for step in steps:
        row = said.setdefault((step.prompt_index, step.sequence_index), [])
        if step.replaces:
            row.clear()
        row.extend(token.id for token in step.ids)
    longest = max(len(row) for row in said.values())
    return torch.tensor(
        [said[place] + [padding] * (longest - len(said[place])) for place in sorted(said)]
    )
