"""The public function: every case that transformers 4 decoded, shapes, defaults and errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from galai_jupyter.engines.decoding import decode
from galai_jupyter.errors import OptionError, PromptError
from tests.conftest import make_model
from tests.test_decoding import PROMPTS


def padded(prompts: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Return the ids of prompts, padded on the left, and their attention mask."""
    longest = max(len(prompt) for prompt in prompts)
    ids = [[1] * (longest - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids), torch.tensor(mask)


@pytest.mark.parametrize("kind", ["greedy", "beam", "diverse_beam", "contrastive"])
def test_tokens_are_those_of_transformers_4(shared: Path | None, kind: str) -> None:
    if shared is None:
        return  # the strategies' own tests compare them with references and with hand-made cases
    from transformers import OPTForCausalLM

    model = OPTForCausalLM.from_pretrained(shared / "oracle", dtype=torch.float32).eval()
    cases = json.loads((shared / "oracle" / "decodings.json").read_text())["cases"]
    for case in (case for case in cases if case["kind"] == kind):
        ids, mask = torch.tensor(case["input_ids"]), torch.tensor(case["attention_mask"])
        found = decode(model, ids, mask, max_new_tokens=24, **case["options"])
        expected = torch.tensor(case["new_tokens"])
        missing = expected.shape[1] - found.shape[1]
        assert torch.equal(torch.nn.functional.pad(found, (0, missing), value=1), expected), case


STRATEGIES: list[dict[str, Any]] = [
    {},
    {"top_p": 0.9, "seed": 3},
    {"top_p": 0.9, "seed": 3, "num_return_sequences": 2},
    {"penalty_alpha": 0.6, "top_k": 4},
    {"num_beams": 3, "num_return_sequences": 2},
    {"num_beams": 3, "diversity_penalty": 0.5, "num_return_sequences": 2},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5, "num_return_sequences": 3},
]


@pytest.mark.parametrize("options", STRATEGIES, ids=str)
def test_shape_padding_and_batch(options: dict[str, Any]) -> None:
    model = make_model(1)
    count = options.get("num_return_sequences", 1)
    longest = decode(model, *padded(PROMPTS), max_new_tokens=10, **options)
    model.generation_config.eos_token_id = int(longest[0, 3])
    found = decode(model, *padded(PROMPTS), max_new_tokens=10, **options)
    assert found.dtype == torch.int64
    assert found.shape[0] == len(PROMPTS) * count
    for row in found.tolist():
        ended = row.index(int(longest[0, 3])) + 1 if int(longest[0, 3]) in row else len(row)
        assert row[ended:] == [1] * (len(row) - ended)
    for index, prompt in enumerate(PROMPTS):
        alone = decode(model, *padded([prompt]), max_new_tokens=10, **options)
        together = found[index * count : (index + 1) * count]
        width = min(alone.shape[1], together.shape[1])
        assert torch.equal(alone[:, :width], together[:, :width])


@pytest.mark.parametrize("options", STRATEGIES, ids=str)
def test_the_end_does_not_come_before_the_least_length(options: dict[str, Any]) -> None:
    model = make_model(1)
    end = int(decode(model, *padded(PROMPTS), max_new_tokens=12, **options)[0, 1])
    model.generation_config.eos_token_id = end
    for row in decode(
        model, *padded(PROMPTS), max_new_tokens=12, min_new_tokens=6, **options
    ).tolist():
        assert end not in row[:6]


def test_do_sample_and_seeds() -> None:
    model = make_model()
    one = decode(model, *padded(PROMPTS), max_new_tokens=12, do_sample=True, seed=1)
    assert torch.equal(
        one, decode(model, *padded(PROMPTS), max_new_tokens=12, do_sample=True, seed=1)
    )
    torch.manual_seed(5)
    drawn = decode(model, *padded(PROMPTS), max_new_tokens=12, temperature=2.0)
    other = decode(model, *padded(PROMPTS), max_new_tokens=12, temperature=2.0)
    torch.manual_seed(5)
    assert torch.equal(drawn, decode(model, *padded(PROMPTS), max_new_tokens=12, temperature=2.0))
    assert not torch.equal(drawn, other)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"penalty_alpha": 0.6}, ("add top_k", "drop penalty_alpha")),
        ({"penalty_alpha": 0.6, "top_k": 4, "top_p": 0.9}, ("penalty_alpha", "top_p")),
        ({"penalty_alpha": 0.6, "top_k": 4, "temperature": 0.9}, ("penalty_alpha", "temperature")),
        ({"penalty_alpha": 0.6, "top_k": 4, "num_beams": 2}, ("penalty_alpha", "num_beams")),
        ({"penalty_alpha": 0.6, "top_k": 4, "do_sample": True}, ("penalty_alpha", "do_sample")),
        ({"penalty_alpha": 0.6, "top_k": 4, "num_return_sequences": 2}, ("num_return_sequences",)),
        ({"penalty_alpha": 1.5, "top_k": 4}, ("penalty_alpha", "0 to 1")),
        ({"penalty_alpha": float("nan"), "top_k": 4}, ("penalty_alpha", "0 to 1")),
        ({"penalty_alpha": 0.6, "top_k": 0}, ("top_k",)),
        ({"diversity_penalty": 0.5}, ("add num_beams", "drop diversity_penalty")),
        ({"diversity_penalty": -1.0, "num_beams": 2}, ("diversity_penalty",)),
        ({"num_beams": 4, "num_beam_groups": 2}, ("add diversity_penalty", "num_beam_groups")),
        ({"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 0.5}, ("num_beam_groups=3",)),
        ({"num_beams": 4, "num_beam_groups": 1, "diversity_penalty": 0.5}, ("num_beam_groups",)),
        ({"num_beams": 2, "num_return_sequences": 3}, ("raise num_beams",)),
        ({"num_return_sequences": 3}, ("num_return_sequences", "num_beams")),
        ({"num_beams": 2, "top_p": 0.9}, ("num_beams", "top_p")),
        ({"num_beams": 2, "top_k": 9}, ("num_beams", "top_k")),
        ({"num_beams": 2, "temperature": 0.9}, ("num_beams", "temperature")),
        ({"num_beams": 2, "do_sample": True}, ("num_beams", "do_sample")),
        ({"do_sample": False, "top_p": 0.9}, ("top_p", "do_sample")),
        ({"min_new_tokens": 6}, ("min_new_tokens=6", "max_new_tokens")),
        ({"max_new_tokens": 126}, ("max_new_tokens=126", "128 positions")),
    ],
    ids=str,
)
def test_bad_combinations_say_what_to_change(
    options: dict[str, Any], names: tuple[str, ...]
) -> None:
    with pytest.raises(OptionError) as caught:
        decode(make_model(), *padded(PROMPTS), **({"max_new_tokens": 5} | options))
    message = str(caught.value)
    assert all(name in message for name in names), message
    assert message.endswith(".")
    assert message.count(". ") == 0


def test_prompts_must_be_padded_on_the_left() -> None:
    ids, mask = padded(PROMPTS)
    for bad in (mask.flip(1), torch.zeros_like(mask), mask[:, :-1]):
        with pytest.raises(PromptError):
            decode(make_model(), ids, bad, max_new_tokens=5)


def test_the_model_says_what_ends_a_text() -> None:
    model = make_model(1)
    model.generation_config.eos_token_id = model.config.eos_token_id = None
    whole = decode(model, *padded(PROMPTS), max_new_tokens=12)
    assert whole.shape == (3, 12)
    model.generation_config.eos_token_id = [int(whole[0, 2])]
    model.generation_config.pad_token_id = 9
    found = decode(model, *padded(PROMPTS[:1] * 2 + PROMPTS[1:]), max_new_tokens=12)
    ended = whole[0].tolist().index(int(whole[0, 2])) + 1
    assert found[0].tolist() == whole[0, :ended].tolist() + [9] * (found.shape[1] - ended)
    model.generation_config.eos_token_id = [2, 3]
    with pytest.raises(OptionError, match="names 2 ids"):
        decode(model, *padded(PROMPTS), max_new_tokens=12)


def test_the_whole_context_can_be_used() -> None:
    for options in STRATEGIES:
        prompt = [list(range(40, 160)), [50] * 100]
        assert decode(make_model(), *padded(prompt), max_new_tokens=8, **options).shape[1] <= 8
