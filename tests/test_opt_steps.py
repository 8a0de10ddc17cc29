"""An OPT model read step by step without its modules: the states are those of the modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, OPTConfig, OPTForCausalLM

from galai_jupyter.engines.decoding.cache import growing_cache
from galai_jupyter.engines.decoding.opt_steps import OptSteps


def opt(**changes: Any) -> Any:
    torch.manual_seed(1)
    sizes = {
        "vocab_size": 60, "hidden_size": 32, "word_embed_proj_dim": 32, "ffn_dim": 64,
        "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 64,
    }  # fmt: skip
    return OPTForCausalLM(OPTConfig(**sizes | changes)).eval().get_decoder()


def states_of(decoder: Any, cache: Any, ids: Any, mask: Any = None, positions: Any = None) -> Any:
    with torch.inference_mode():
        return decoder(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state


def both_ways(decoder: Any, prompt: Any, before: Any, ids: Any, mask: Any, positions: Any) -> Any:
    """Return the states of new tokens, by the modules and step by step."""
    caches = [growing_cache(), growing_cache()]
    for cache in caches:
        states_of(decoder, cache, prompt, before)
    assert OptSteps.reads(ids, mask, caches[1])
    with torch.inference_mode():
        found = OptSteps(decoder)(ids, mask, positions, caches[1])
    expected = states_of(decoder, caches[0], ids, mask, positions)
    assert caches[0].get_seq_length() == caches[1].get_seq_length()
    return expected, found


PROMPT = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
PADDED = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])


@pytest.mark.parametrize("changes", [{}, {"enable_bias": False}, {"activation_function": "gelu"}])
def test_one_token_has_the_states_of_the_modules(changes: dict[str, Any]) -> None:
    new = torch.tensor([[20], [21]])
    expected, found = both_ways(opt(**changes), PROMPT, None, new, None, None)
    torch.testing.assert_close(found, expected)


def test_so_has_one_after_padding() -> None:
    mask = torch.cat([PADDED, torch.ones(2, 1, dtype=torch.long)], dim=1)
    expected, found = both_ways(opt(), PROMPT, PADDED, torch.tensor([[20], [21]]), mask, None)
    torch.testing.assert_close(found, expected)


def test_so_have_several_tokens_of_which_none_sees_what_follows_it() -> None:
    new = torch.tensor([[20, 22, 24], [21, 23, 25]])
    expected, found = both_ways(opt(), PROMPT, None, new, None, None)
    torch.testing.assert_close(found, expected)


def test_so_have_candidates_that_do_not_see_each_other() -> None:
    least = torch.finfo(torch.float32).min
    seen = torch.zeros(2, 3, 4)
    apart = (1 - torch.eye(3)).expand(2, 3, 3) * least
    mask = torch.cat([seen, apart], dim=-1)[:, None]
    new = torch.tensor([[20, 22, 24], [21, 23, 25]])
    positions = torch.full((2, 3), 4)
    expected, found = both_ways(opt(), PROMPT, None, new, mask, positions)
    torch.testing.assert_close(found, expected)


def test_half_precision_is_as_near_to_full_precision_as_the_modules_are() -> None:
    new = torch.tensor([[20], [21]])
    exact, _ = both_ways(opt(), PROMPT, None, new, None, None)
    modules, steps = both_ways(opt().bfloat16(), PROMPT, None, new, None, None)
    errors = [(states.float() - exact).pow(2).mean().sqrt().item() for states in (modules, steps)]
    assert errors[1] < 1.3 * errors[0]


def test_a_prompt_and_padding_within_are_left_to_the_modules() -> None:
    cache = growing_cache()
    assert not OptSteps.reads(PROMPT, None, cache)
    states_of(opt(), cache, PROMPT, PADDED)
    assert not OptSteps.reads(PROMPT, torch.cat([PADDED, PADDED], dim=1), cache)


def test_it_keeps_away_from_other_models_and_from_modules_that_somebody_listens_to() -> None:
    assert OptSteps.fits(opt())
    assert not OptSteps.fits(opt(do_layer_norm_before=False))
    assert not OptSteps.fits(opt(word_embed_proj_dim=16))
    assert not OptSteps.fits(opt().train())
    listened = opt()
    listened.layers[1].fc1.register_forward_hook(lambda *_: None)
    assert not OptSteps.fits(listened)
    replaced = opt()
    replaced.layers[0].forward = lambda *_: None
    assert not OptSteps.fits(replaced)
    assert not OptSteps.fits(opt().to("meta"))
    gpt = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=60))
    assert not OptSteps.fits(gpt.eval().get_decoder())
