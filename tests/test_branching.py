"""Another token in one place of a recorded text, and what the model makes of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from galai_jupyter import rendering
from galai_jupyter.branches import Branch
from galai_jupyter.comm import METHODS, Request
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import GalacticaError, OptionError, PromptError
from galai_jupyter.generation import MIME_TYPE, GeneratedSequence, Generation
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.scores import TokenAlternative, TokenScore
from galai_jupyter.session import Session, get_session
from galai_jupyter.tokens import END_OF_DOCUMENT, encode, special_id


def session_with(*texts: str, **options: Any) -> tuple[Session, ScriptedEngine]:
    engine = ScriptedEngine(list(texts), **options)
    session = get_session()
    session.use(engine)
    return session, engine


def with_alternative(recorded: Generation, place: int, text: str, engine: Any) -> Generation:
    """Return a record that knows another token for a place."""
    (token_id,) = encode(engine.tokenizer, text)
    tokens = list(recorded.tokens)
    here = tokens[place - 1]
    other = TokenAlternative(token_id, text, -1.5)
    tokens[place - 1] = replace(here, alternatives=(*here.alternatives, other))
    sequence = replace(recorded.sequences[0], tokens=tuple(tokens))
    return replace(recorded, sequences=(sequence,))


def test_the_text_goes_on_from_the_chosen_token() -> None:
    session, engine = session_with("abcdef", "xyz")
    recorded = session.generate("Prompt: ", GenerationOptions(max_new_tokens=6))
    recorded = with_alternative(recorded, 3, "C", engine)
    (branch,) = session.branch(recorded, 3, encode(engine.tokenizer, "C")[0]).drain()
    assert branch.text == "abCxyz"
    assert branch.prompt == "Prompt: "
    assert branch.branch == Branch(3, "c", "C", 3)
    assert branch.tokens[2].log_probability == -1.5
    assert branch.tokens[:2] == recorded.tokens[:2]
    assert branch.new_tokens == 3 and branch.finish_reason == "max_new_tokens"
    assert session.history[-1] is branch and branch.notices == ()
    assert Generation.from_dict(branch.to_dict()).branch == branch.branch


def test_what_the_engine_is_asked_for() -> None:
    session, engine = session_with("abcdef", "xyz")
    options = GenerationOptions(
        max_new_tokens=20, min_new_tokens=4, top_p=0.5, seed=7, num_return_sequences=2
    )
    recorded = session.generate("Prompt: ", options)
    session.branch(recorded, 3, "C", sequence=1).drain()
    (prompt,), asked = engine.requests[-1]
    assert prompt == "Prompt: xyC"  # of the second sequence
    assert asked == replace(options, max_new_tokens=17, min_new_tokens=1, num_return_sequences=1)


def test_tokens_before_the_place_are_not_read_anew() -> None:
    """A model may spell a word in other tokens than the tokenizer would."""
    from galai_jupyter.catalog import DEMO

    session = get_session()
    session.load(DEMO)
    model = session.ensure_model()
    tokenizer = model.engine.tokenizer
    letters = [special_id(tokenizer, letter) for letter in ("t", "h", "e")]
    assert len(encode(tokenizer, "the")) < 3
    tokens = tuple(TokenScore(each, c, -1.0) for each, c in zip(letters, "the", strict=True))
    recorded = Generation(
        "In ",
        (GeneratedSequence("the", tokens, "max_new_tokens"),),
        GenerationOptions(max_new_tokens=8),
        model.description,
    )
    (branch,) = session.branch(recorded, 3, "y").drain()
    assert [token.id for token in branch.tokens[:2]] == letters[:2]
    assert branch.text.startswith("thy")
    assert branch.tokens[:2] == tokens[:2]  # their scores are those of the record
    assert branch.tokens[2].log_probability < 0 and branch.tokens[2].alternatives
    assert len(branch.tokens) <= 8
    again = session.replay(branch)
    assert again.identical and again.repeated.branch == branch.branch


def test_the_bundled_model_branches_from_its_own_alternatives() -> None:
    from galai_jupyter.catalog import DEMO

    session = get_session()
    session.load(DEMO)
    recorded = session.generate("The Transformer", GenerationOptions(max_new_tokens=12))
    here = recorded.tokens[4]
    other = next(each for each in here.alternatives if each.id != here.id)
    (branch,) = session.branch(recorded, 5, other.id).drain()
    assert branch.tokens[:4] == recorded.tokens[:4]
    assert branch.tokens[4].id == other.id
    assert branch.tokens[4].log_probability == other.log_probability
    assert branch.tokens[4].alternatives == here.alternatives
    assert branch.text.startswith("".join(token.text for token in recorded.tokens[:4]))
    asked = session.alternatives(recorded, 5)
    assert {each.id for each in asked} & {each.id for each in here.alternatives}
    (deeper,) = session.branch(branch, 2, "?").drain()
    assert deeper.tokens[0] == recorded.tokens[0]


def test_beams_begin_with_what_is_given() -> None:
    from galai_jupyter.catalog import DEMO

    session = get_session()
    session.load(DEMO)
    options = GenerationOptions(max_new_tokens=10, num_beams=3, num_return_sequences=3)
    recorded = session.generate("The Transformer", options)
    stream = session.branch(recorded, 3, " is")
    texts = [event.text for event in stream if event.replaces]
    (branch,) = stream.generations
    assert len(branch.sequences) == 1 and branch.options.num_beams == 3
    kept = "".join(token.text for token in recorded.tokens[:2])
    assert branch.text.startswith(f"{kept} is")
    assert texts and all(text.startswith(f"{kept} is") for text in texts)


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [(END_OF_DOCUMENT, "end_of_document"), ("!", "stop_string"), ("cdef", "max_new_tokens")],
)
def test_nothing_follows_an_end(chosen: str, reason: str) -> None:
    session, engine = session_with("abcdef")
    recorded = session.generate("P", GenerationOptions(max_new_tokens=6, stop=("!",)))
    (branch,) = session.branch(recorded, 3, chosen).drain()
    assert branch.finish_reason == reason
    assert branch.text == "ab" + {"cdef": "cdef"}.get(chosen, "")
    assert len(engine.requests) == 1


def test_a_character_of_several_tokens_stays_whole() -> None:
    session, _ = session_with("aéz", "tail")
    recorded = session.generate("P", GenerationOptions(max_new_tokens=9))
    assert [token.text for token in recorded.tokens[:3]] == ["a", "", "é"]
    (branch,) = session.branch(recorded, 4, "y").drain()
    assert branch.text == "aéytail"
    (torn,) = session.branch(recorded, 3, "y").drain()
    assert torn.text == "a\ufffdytail"


def test_a_text_that_was_given_to_be_scored_can_be_left() -> None:
    session, _ = session_with(" and so on")
    recorded = session.score(Prompt("P"), ["x" * 80])
    (branch,) = session.branch(recorded, 80, "y").drain()
    assert branch.text == "x" * 79 + "y and so on"


def test_another_tokenizer_reads_the_text_anew() -> None:
    session, engine = session_with("tail")
    tokens = (TokenScore(9999, "Hello", -0.1), TokenScore(9998, " you", -0.2))
    recorded = Generation("P", (GeneratedSequence("Hello you", tokens, "max_new_tokens"),))
    (branch,) = session.branch(recorded, 2, " me").drain()
    assert branch.text == "Hello metail"
    assert branch.branch == Branch(2, " you", " me", len("Hello me"))
    assert engine.requests[-1][0] == ["PHello me"]
    assert branch.notices == ("another model wrote the beginning, scripted went on",)
    with pytest.raises(OptionError, match="no token 5 in this place"):
        session.branch(recorded, 2, 5)
    with pytest.raises(PromptError, match="another tokenizer"):
        session.alternatives(recorded, 2)
    with pytest.raises(PromptError, match="another tokenizer"):
        session.replay(replace(recorded, branch=Branch(1, "x", "Hello", 1)))


def test_mistakes_are_one_sentence() -> None:
    session, _ = session_with("abc")
    recorded = session.generate("P")
    for place in (0, 99):
        with pytest.raises(OptionError, match=f"no number {place}"):
            session.branch(recorded, place, "x")
    with pytest.raises(OptionError, match="no number 3"):
        session.branch(recorded, 1, "x", sequence=2)
    with pytest.raises(OptionError, match="There is no token -1"):
        session.branch(recorded, 1, -1)
    with pytest.raises(PromptError, match="is empty"):
        session.branch(recorded, 1, "")
    given = Prompt("P", given=recorded.tokens[:1])
    with pytest.raises(PromptError, match="continued alone"):
        session.stream([given, Prompt("Q")])


def test_the_heading_is_in_every_form() -> None:
    session, _ = session_with("abcdef", "xyz")
    recorded = session.generate("P", GenerationOptions(max_new_tokens=6))
    (branch,) = session.branch(recorded, 3, " <b>").drain()
    bundle = rendering.generation_bundle(branch)
    assert bundle["text/plain"].startswith("--- Branch at token 3: ‘c’ → ‘▁<b>’ ---\nPab <b>")
    assert "<strong>Branch at token 3:</strong> ‘c’ → ‘▁&lt;b&gt;’" in bundle["text/html"]
    assert bundle["text/markdown"].startswith("**Branch at token 3:** ‘c’ → ‘▁")
    growing = rendering.streaming_bundle("P", "ab", branch=branch.branch)
    assert "Branch at token 3" in growing["text/html"] and "Branch" in growing["text/plain"]


# What the extension asks for.


def answers(method: str, **parameters: Any) -> Iterator[Any]:
    return METHODS[method](Request(parameters))


def test_a_branch_is_streamed_as_bundles() -> None:
    session, _ = session_with("abcdef", "xyz")
    recorded = session.generate("P", GenerationOptions(max_new_tokens=6)).to_dict()
    asked = {"record": recorded, "sequence": 0, "place": 3, "chosen": "C", "name": "one"}
    first, *_, last = answers("branch", **asked)
    assert first["text/plain"] == "--- Branch at token 3: ‘c’ → ‘C’ ---\nPabC"
    assert MIME_TYPE not in first and "generating" in first["text/html"]
    assert Generation.from_dict(last[MIME_TYPE]).text == "abCxyz"


def test_a_branch_is_stopped_by_its_name() -> None:
    said = threading.Event()
    go_on = threading.Event()

    def on_token(count: int) -> None:
        if len(engine.requests) > 1 and count == 2:
            said.set()
            assert go_on.wait(20)

    session, engine = session_with("abcdef", "x" * 50, on_token=on_token)
    recorded = session.generate("P", GenerationOptions(max_new_tokens=60)).to_dict()
    asked = {"record": recorded, "sequence": 0, "place": 3, "chosen": "C", "name": "mine"}
    bundles: list[Any] = []
    thread = threading.Thread(target=lambda: bundles.extend(answers("branch", **asked)))
    thread.start()
    assert said.wait(20)
    assert [*answers("stop_branch", name="other")] == [False]
    assert [*answers("stop_branch", name="mine")] == [True]
    go_on.set()
    thread.join(20)
    branch = Generation.from_dict(bundles[-1][MIME_TYPE])
    assert branch.finish_reason == "interrupted"
    assert branch.text.startswith("abC") and len(branch.text) < 10
    assert [*answers("stop_branch", name="mine")] == [False]


def test_alternatives_and_latex_on_demand() -> None:
    session, engine = session_with("ab")
    record = session.generate("$x$ ").to_dict()
    (found,) = answers("alternatives", record=record, place=2, sequence=0)
    assert found == [[*encode(engine.tokenizer, "b"), "b", pytest.approx(-0.6931, abs=1e-3)]]
    (latex,) = answers("render", record=record)
    assert latex == rendering.to_latex("ab", prompt="$x$ ")


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("render", {}),
        ("render", {"record": []}),
        ("render", {"record": {"format": 1, "sequences": "x"}}),
        ("branch", {"record": {"format": 2}, "place": 1, "sequence": 0, "chosen": 1}),
    ],
)
def test_what_is_no_record_is_refused(method: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(GalacticaError, match="cannot be read"):
        list(answers(method, **parameters))


def test_a_request_about_no_token_is_refused() -> None:
    session, _ = session_with("ab")
    record = session.generate("P").to_dict()
    with pytest.raises(GalacticaError, match="its place and its sequence"):
        list(answers("alternatives", record=record, place="1"))
    with pytest.raises(GalacticaError, match="id of a token, or a text"):
        list(answers("branch", record=record, place=1, sequence=0))
