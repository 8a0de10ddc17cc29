"""Speculative decoding by prompt lookup: the tokens of plain greedy search, sooner or as soon."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from galai_jupyter.catalog import DEMO
from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding import continue_prompts
from galai_jupyter.engines.decoding.draft_policy import DraftPolicy
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.prompt_lookup import PromptLookup
from galai_jupyter.engines.decoding.sampling import sample
from galai_jupyter.engines.decoding.speculative import longest_draft, speculate
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.tokens import StopStrings, byte_tokenizer, decode, encode
from tests.conftest import make_model

Ids = list[int]


class Eager(DraftPolicy):
    """Drafts at every pass, always other lengths."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(64)
        self._random = random.Random(seed)

    def learn(self, drafted: int, right: int, wrong: int, seconds: float) -> None:
        """Learn nothing."""

    def length(self, most: int) -> int:
        return self._random.randint(0, min(most, 9))


def run(
    model: Any,
    prompt: Ids,
    *,
    eager: bool,
    stopping: Stopping | None = None,
    interrupted: Any = lambda: False,
    prefixes: PrefixCache | None = None,
    **options: Any,
) -> Iterator[Step]:
    """Yield the steps of eager speculation, or of plain greedy search."""
    chosen = GenerationOptions(**({"max_new_tokens": 24} | options)).checked()
    stopping = stopping or Stopping(chosen.max_new_tokens, 2, None, chosen.min_new_tokens)
    common = (chosen, stopping, 1, interrupted)
    if eager:
        return speculate(model, prompt, *common, policy=Eager(len(prompt)), prefixes=prefixes)
    return sample(model, [prompt], *common, prefixes=prefixes)


def assert_same(found: list[Step], expected: list[Step]) -> None:
    assert [[token.id for token in step.ids] for step in found] == [
        [token.id for token in step.ids] for step in expected
    ]
    for step, twin in zip(found, expected, strict=True):
        assert (step.finish_reason, step.stop_string) == (twin.finish_reason, twin.stop_string)
        for token, other in zip(step.ids, twin.ids, strict=True):
            assert token.log_probability == pytest.approx(other.log_probability, rel=1e-4, abs=1e-5)
            assert [value for _, value in token.alternatives] == pytest.approx(
                [value for _, value in other.alternatives], rel=1e-4, abs=1e-5
            )


def said(steps: list[Step]) -> Ids:
    return [token.id for step in steps for token in step.ids]


def repetitive(rng: random.Random, length: int = 40) -> Ids:
    """Return a prompt of phrases that come again."""
    phrases = [[rng.randint(23, 270) for _ in range(rng.randint(1, 6))] for _ in range(3)]
    ids: Ids = []
    while len(ids) < length:
        ids += rng.choice(phrases)
    return ids


# What is looked up


def test_a_draft_is_what_followed_the_longest_ending() -> None:
    #                     (1, 2) came last before 6, but (5, 1, 2) before 3
    lookup = PromptLookup([5, 1, 2, 3, 4, 1, 2, 6, 7, 5, 1, 2])
    assert lookup.draft(4) == [3, 4, 1, 2]


def test_of_several_places_the_last_one_counts() -> None:
    assert PromptLookup([1, 2, 3, 0, 1, 2, 4, 0, 1, 2]).draft(2) == [4, 0]


def test_a_loop_goes_on_as_a_loop() -> None:
    assert PromptLookup([9, 1, 2, 3, 1, 2, 3]).draft(7) == [1, 2, 3, 1, 2, 3, 1]
    assert PromptLookup([7, 7, 7]).draft(3) == [7, 7, 7]


def test_a_new_ending_has_no_draft() -> None:
    assert PromptLookup([1, 2, 3, 4]).draft(3) == []
    assert PromptLookup([1]).draft(3) == []
    lookup = PromptLookup([1, 2, 3, 1, 2])
    lookup.append(8)
    assert lookup.draft(3) == []


@given(st.lists(st.integers(0, 3), max_size=40))
def test_the_index_finds_what_a_search_finds(ids: Ids) -> None:
    expected: Ids = []
    for size in (3, 2):
        places = [i for i in range(len(ids) - size) if ids[i : i + size] == ids[-size:]]
        if places:
            expected = [ids[places[-1] + size]]
            break
    assert PromptLookup(ids).draft(1) == expected


# The same tokens

OPTIONS: list[dict[str, Any]] = [
    {},
    {"max_new_tokens": 1},
    {"max_new_tokens": 60},
    {"min_new_tokens": 20},
    {"repetition_penalty": 1.5},
    {"no_repeat_ngram_size": 3},
    {"repetition_penalty": 1.1, "no_repeat_ngram_size": 4, "min_new_tokens": 5},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("deviation", [0.02, 0.3])
def test_it_says_what_greedy_search_says(options: dict[str, Any], deviation: float) -> None:
    """Models with small weights go round in loops, those with large ones do not."""
    accepted = rejected = 0
    for seed in range(20):
        model = make_model(seed, init_std=deviation)
        prompt = repetitive(random.Random(seed))
        plain = list(run(model, prompt, eager=False, **options))
        found = list(run(model, prompt, eager=True, **options))
        assert_same(found, plain)
        accepted += sum(step.accepted for step in found)
        rejected += sum(step.drafted - step.accepted for step in found)
    if options.get("max_new_tokens") != 1:
        assert rejected > 0
    if not options:
        assert accepted > 0


def test_the_end_of_the_document_ends_it_within_a_draft() -> None:
    ended = 0
    for seed in range(40):
        model = make_model(seed, init_std=0.1)
        prompt = repetitive(random.Random(seed))
        end = said(list(run(model, prompt, eager=False)))[9]
        for least in (0, 15):
            options: dict[str, Any] = {"stopping": Stopping(24, end, None, least)}
            plain = list(run(model, prompt, eager=False, **options))
            assert_same(list(run(model, prompt, eager=True, **options)), plain)
            ended += plain[-1].finish_reason == "end_of_document"
    assert ended > 20


def test_stop_strings_end_it_within_a_draft() -> None:
    tokenizer = byte_tokenizer()
    stopped = 0
    for seed in range(30):
        model = make_model(seed)
        prompt = repetitive(random.Random(seed))
        text = said(list(run(model, prompt, eager=False)))
        stop = decode(tokenizer, text[10:12])
        options = {"stopping": Stopping(24, 2, StopStrings(tokenizer, (stop, "[END_REF]")))}
        plain = list(run(model, prompt, eager=False, **options))
        assert_same(list(run(model, prompt, eager=True, **options)), plain)
        stopped += plain[-1].finish_reason == "stop_string"
    assert stopped > 10


@pytest.mark.parametrize("after", [0, 1, 2, 3, 7, 13])
def test_an_interrupt_ends_it_before_the_next_token(after: int) -> None:
    model = make_model(3, init_std=0.02)
    prompt = repetitive(random.Random(3))
    both = []
    for eager in (False, True):
        steps: list[Step] = []
        for step in run(model, prompt, eager=eager, interrupted=lambda: len(said(steps)) >= after):  # noqa: B023
            steps.append(step)
        both.append(steps)
    assert_same(both[1], both[0])
    assert len(said(both[1])) == after
    assert both[1][-1].finish_reason == "interrupted"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spread", [0.02, 0.3])
@pytest.mark.parametrize("turns", [[True] * 4, [True, False, True], [False, True, False]])
def test_the_prefix_cache_holds_what_was_said(seed: int, spread: float, turns: list[bool]) -> None:
    """Plain and speculative requests in turn continue one text, over one cache or none."""
    model = make_model(seed, init_std=spread)
    prefixes = PrefixCache(10_000_000)
    text = repetitive(random.Random(seed), 20)
    length = len(text)
    for eager in turns:
        stopping = Stopping(9, -1)
        expected = list(run(model, text, eager=False, stopping=stopping))
        assert_same(
            list(run(model, text, eager=eager, stopping=stopping, prefixes=prefixes)), expected
        )
        text = text + said(expected)
    statistics = prefixes.statistics
    # All that was said is known but for the last token of each turn, which was not read.
    assert statistics.reused_tokens == statistics.prompt_tokens - length - (len(turns) - 1)
    assert statistics.tokens == len(text) - 1


PROGRAM = """def mean(values):
    total = 0
    for value in values:
        total = total + value
    return total / len(values)
"""


@pytest.fixture(scope="module")
def demo() -> LocalEngine:
    return LocalEngine.load(DEMO, LoadOptions(device="cpu", dtype="float32"))


@pytest.mark.parametrize(
    "prompt",
    [
        f"Question: Translate this program:\n\n```\n{PROGRAM}```\n\ninto python code.\n\nAnswer:",
        PROGRAM * 3,
        "The Transformer architecture [START_REF] Attention is All you Need, Vaswani[END_REF] and "
        "again: The Transformer architecture [START_REF]",
        "1, 2, 3, 1, 2, 3, 1, 2,",
        "The Riemann zeta function is given by:",
    ],
)
def test_the_bundled_model_says_the_same(demo: LocalEngine, prompt: str) -> None:
    ids = encode(demo.tokenizer, prompt)
    plain = list(run(demo.model, ids, eager=False, max_new_tokens=80))
    found = list(run(demo.model, ids, eager=True, max_new_tokens=80))
    assert_same(found, plain)


# When it drafts


class World:
    """Passes of known cost over a text whose guesses are right as often as one likes."""

    def __init__(self, cost: Any, longest: int = 15) -> None:
        self.policy, self.cost = DraftPolicy(longest), cost
        self.seconds = self.tokens = self.drafted = 0.0

    def go(self, tokens: int, right: Any) -> None:
        """Generate so many tokens; `right()` says whether the next guess is."""
        end = self.tokens + tokens
        while self.tokens < end:
            length = self.policy.length(int(end - self.tokens) - 1)
            hits = misses = 0
            for _ in range(max(length, 1)):
                if not right():
                    misses = 1
                    break
                hits += 1
            self.policy.learn(length, hits, misses, self.cost(length))
            self.seconds += self.cost(length)
            self.tokens += 1 + (hits if length else 0)
            self.drafted += length


def cheap(length: int) -> float:
    return 1.0 + 0.05 * length


def dear(length: int) -> float:
    return 1.0 + 0.9 * (length > 0) + 0.05 * length


def useless(length: int) -> float:
    return 1.0 + length


@pytest.mark.parametrize("cost", [cheap, dear])
def test_right_guesses_are_drafted(cost: Any) -> None:
    world = World(cost)
    world.go(300, lambda: True)
    assert world.seconds < 300 / 4


@pytest.mark.parametrize("cost", [cheap, dear, useless])
def test_wrong_guesses_are_not(cost: Any) -> None:
    world = World(cost)
    world.go(300, lambda: False)
    assert world.drafted == 0


@pytest.mark.parametrize("cost", [cheap, dear, useless])
@pytest.mark.parametrize("chance", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_little_is_lost_at_any_rate(cost: Any, chance: float) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        world = World(cost)
        world.go(1000, lambda: rng.random() < chance)  # noqa: B023
        assert world.seconds < 1.03 * 1000


@pytest.mark.parametrize("cost", [cheap, dear])
def test_little_is_lost_against_an_adversary(cost: Any) -> None:
    """Each guess is right while nothing is drafted, and wrong as soon as something is."""
    policy, seconds = DraftPolicy(15), 0.0
    for _ in range(1000):
        length = policy.length(1000)
        policy.learn(length, 0 if length else 1, 1 if length else 0, cost(length))
        seconds += cost(length)
    assert 1000 < seconds < 1030


def test_what_was_won_does_not_pay_for_what_is_lost() -> None:
    world = World(dear)
    world.go(1000, lambda: True)
    won = world.seconds
    world.go(1000, lambda: False)
    assert world.seconds - won < 1030


def test_a_text_that_begins_to_repeat_itself_is_noticed() -> None:
    world = World(cheap)
    world.go(300, lambda: False)
    before = world.seconds
    world.go(300, lambda: True)
    assert world.seconds - before < 300 / 2


def test_drafts_end_with_the_text() -> None:
    policy = DraftPolicy(15)
    for _ in range(50):
        policy.learn(0, 1, 0, 1.0)
    assert policy.length(15) == policy.length(3) == 3
    assert policy.length(2) == 0


@pytest.mark.parametrize("longest", [1, 2, 3, 5, 15, 64])
def test_no_draft_is_longer_than_asked_for(longest: int) -> None:
    world, lengths = World(cheap, longest), []
    for _ in range(200):
        lengths.append(world.policy.length(100))
        world.policy.learn(lengths[-1], max(lengths[-1], 1), 0, cheap(lengths[-1]))
    assert max(lengths) == longest if longest < 20 else max(lengths) < longest


# When it is used


def test_it_is_for_one_prompt_and_greedy_search() -> None:
    model = make_model()
    asked = GenerationOptions(prompt_lookup_num_tokens=5)
    assert longest_draft(model, asked) == 5
    assert longest_draft(model, GenerationOptions()) > 0
    assert longest_draft(model, GenerationOptions(prompt_lookup_num_tokens=0)) == 0
    assert longest_draft(model, GenerationOptions(num_beams=2)) == 0
    assert longest_draft(model, GenerationOptions(top_p=0.5)) == 0
    assert longest_draft(model, GenerationOptions(penalty_alpha=0.6, top_k=4)) == 0


def test_formats_that_round_coarsely_are_left_alone_unless_asked_for() -> None:
    model = make_model().bfloat16()
    assert longest_draft(model, GenerationOptions()) == 0
    assert longest_draft(model, GenerationOptions(prompt_lookup_num_tokens=5)) == 5


@pytest.mark.parametrize(
    "other", [{"num_beams": 2}, {"top_p": 0.5}, {"penalty_alpha": 0.6, "top_k": 4}]
)
def test_other_strategies_refuse_it(other: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="prompt_lookup_num_tokens is for greedy search"):
        GenerationOptions(prompt_lookup_num_tokens=5, **other).checked()
    GenerationOptions(prompt_lookup_num_tokens=0, **other).checked()


def passes(model: Any, prompts: list[Ids], **options: Any) -> int:
    """Return how many passes 100 tokens take."""
    count = 0

    def note(*ignored: Any) -> None:
        nonlocal count
        count += 1

    hook = model.get_decoder().register_forward_pre_hook(note)
    chosen = GenerationOptions(max_new_tokens=100, **options).checked()
    list(continue_prompts(model, prompts, chosen, Stopping(100, -1), 1, lambda: False))
    hook.remove()
    return count


def looping_model() -> Any:
    """Return a model that says the last token again: its keys, values and layers say nothing."""
    model = make_model(0, max_position_embeddings=512)
    with torch.no_grad():
        for layer in model.model.decoder.layers:
            layer.self_attn.out_proj.weight.zero_()
            layer.fc2.weight.zero_()
        model.model.decoder.embed_positions.weight.zero_()
    return model


def test_a_loop_takes_fewer_passes() -> None:
    model = looping_model()
    assert passes(model, [[40, 40, 40]], prompt_lookup_num_tokens=0) == 100
    assert passes(model, [[40, 40, 40], [50, 50, 50]], prompt_lookup_num_tokens=5) == 100
    assert passes(model, [[40, 40, 40]]) < 100


def test_the_record_tells_what_was_drafted() -> None:
    model = Model(LocalEngine(looping_model(), byte_tokenizer()))
    options = GenerationOptions(max_new_tokens=100)
    (found,) = model.stream([Prompt("aaaa")], options).drain()
    assert 0 < found.accepted_tokens <= found.drafted_tokens
    assert found.accepted_tokens < found.new_tokens == 100
    again = Generation.from_dict(found.to_dict())
    assert (again.drafted_tokens, again.accepted_tokens) == (
        found.drafted_tokens,
        found.accepted_tokens,
    )
    off = GenerationOptions(max_new_tokens=100, prompt_lookup_num_tokens=0)
    (plain,) = model.stream([Prompt("aaaa")], off).drain()
    assert (plain.drafted_tokens, plain.accepted_tokens) == (0, 0)
    assert plain.text == found.text


def test_records_of_before_can_be_read() -> None:
    model = Model(LocalEngine(make_model(), byte_tokenizer()))
    (found,) = model.stream([Prompt("a")], GenerationOptions(max_new_tokens=1)).drain()
    values = found.to_dict()
    del values["drafted_tokens"], values["accepted_tokens"]
    again = Generation.from_dict(values)
    assert again.text == found.text
    assert (again.drafted_tokens, again.accepted_tokens) == (0, 0)
