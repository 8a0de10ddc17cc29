"""The remote engine: connecting, refusals, cancelling, and everything that can go wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from IPython.core.error import UsageError

import galai_jupyter as gal
from galai_jupyter import connecting
from galai_jupyter.engines import vllm_dialect
from galai_jupyter.engines.remote import RemoteEngine
from galai_jupyter.engines.wire import RETRIES, Wire, server_url
from galai_jupyter.errors import (
    CheckpointError,
    EngineError,
    GalacticaError,
    ModelNotFoundError,
    OptionError,
    PromptError,
    ServerKeyError,
)
from galai_jupyter.options import ConnectOptions, GenerationOptions
from galai_jupyter.session import get_session
from tests.conftest import write_checkpoint
from tests.stand_in import Fault, StandIn

RECORDED = json.loads((Path(__file__).parent / "data" / "vllm_responses.json").read_text())


@pytest.fixture
def server(checkpoint: Path) -> Iterator[StandIn]:
    with StandIn(checkpoint) as stand_in:
        yield stand_in


def test_connecting_makes_it_the_sessions_model(
    server: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    model = gal.connect(server.url)
    assert get_session().model is model
    assert capsys.readouterr().out == f"Connected to tiny on {server.url}.\n"
    assert model.description.engine == "remote"
    assert model.generate("The Transformer", max_new_tokens=5).startswith("The Transformer")


def test_the_magic_connects(server: StandIn, run: Callable[[str], Any]) -> None:
    run(f"%galactica connect {server.url}/v1 --model tiny --timeout 5")
    generation = run("%%galactica --max-new-tokens 5\nThe Transformer [START_REF]")
    assert generation.model.device == server.url
    assert generation.new_tokens == 5
    assert server.requests[0]["prompt"] == [
        get_session().model.tokenizer.encode("The Transformer [START_REF]").ids
    ]


def test_prompts_are_sent_as_galactica_splits_them(server: StandIn) -> None:
    gal.connect(server.url).generate("[START_SMILES]CCO", max_new_tokens=1)
    assert len(server.requests[0]["prompt"][0]) == 4


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "127.0.0.1:9/v1"])
def test_a_server_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(EngineError, match=r"http://127\.0\.0\.1:9 cannot be reached: check") as e:
        gal.connect(url)
    assert "\n" not in str(e.value)
    assert get_session().model is None


@pytest.mark.parametrize("url", ["", "ftp://host", "http://", "http://host:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(EngineError, match="no address of a server"):
        server_url(url)


def test_an_address_is_shown_without_secrets() -> None:
    assert server_url("https://me:secret@host:8000/v1/") == "https://host:8000"
    assert server_url("host/galactica/v1") == "http://host/galactica"
    assert server_url("http://[::1]:8000") == "http://[::1]:8000"


def test_one_of_several_models_is_named(checkpoint: Path) -> None:
    with StandIn(checkpoint, names=("small", "large")) as server:
        with pytest.raises(ModelNotFoundError, match=r"several models.*--model: small, large"):
            gal.connect(server.url)
        with pytest.raises(ModelNotFoundError, match=r"no model 'smal'\. Did you mean 'small'"):
            gal.connect(server.url, "smal")
        assert gal.connect(server.url, "large").name == "large"


def test_the_tokenizer_must_be_the_models(server: StandIn, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="another vocabulary"):
        gal.connect(server.url, tokenizer="demo")
    with pytest.raises(ModelNotFoundError, match="--tokenizer"):
        gal.connect(server.url, tokenizer=str(tmp_path))
    same = write_checkpoint(tmp_path / "same")
    assert gal.connect(server.url, tokenizer=str(same)).name == "tiny"


def test_the_key_comes_from_the_environment_and_is_nowhere_else(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GALAI_API_KEY", "s3cret")
    with StandIn(checkpoint, key="s3cret") as server:
        model = gal.connect(server.url)
        model.generate("x", max_new_tokens=2)
    record = json.dumps(get_session().history[-1].to_dict())
    shown = capsys.readouterr().out + repr(model) + str(model.description) + record
    assert "s3cret" not in shown


def test_a_key_is_asked_for_where_one_is_wanted(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GALAI_API_KEY", raising=False)
    answers = iter(["s3cret", "wrong", ""])
    monkeypatch.setattr(connecting.getpass, "getpass", lambda prompt: next(answers))
    with StandIn(checkpoint, key="s3cret") as server:
        assert gal.connect(server.url).generate("x", max_new_tokens=2)
        for _ in range(2):
            with pytest.raises(ServerKeyError, match="refuses the key, or wants one: set GALAI"):
                gal.connect(server.url)


def test_where_nobody_can_be_asked_the_sentence_says_how(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(connecting.getpass, "getpass", ask)
    with StandIn(checkpoint, key="s3cret") as server, pytest.raises(ServerKeyError):
        gal.connect(server.url)


def test_the_weights_are_elsewhere(server: StandIn) -> None:
    model = gal.connect(server.url)
    with pytest.raises(EngineError, match=rf"{server.url}: use generate, .* or load_model"):
        model.model.generate()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"penalty_alpha": 0.6, "top_k": 4}, "contrastive search"),
        ({"num_beams": 4, "diversity_penalty": 0.5}, "diverse beam search"),
        ({"no_repeat_ngram_size": 3}, "no_repeat_ngram_size"),
        ({"num_beams": 4, "repetition_penalty": 1.5}, "repetition_penalty"),
    ],
)
def test_what_a_server_cannot_do_is_refused_before_sending(
    server: StandIn, options: dict[str, Any], named: str
) -> None:
    model = gal.connect(server.url)
    with pytest.raises(OptionError, match=rf"{named}.*local engine"):
        model.generate("x", **options)
    assert server.requests == []


def test_a_refusal_leaves_no_record(server: StandIn, run: Callable[[str], Any]) -> None:
    run(f"%galactica connect {server.url}")
    for line in ("--top-k 4 --penalty-alpha 0.6", "--compare greedy,contrastive"):
        with pytest.raises(UsageError, match="contrastive search"):
            run(f"%%galactica {line}\nx")
    assert get_session().history == [] and server.requests == []


def test_references_are_not_kept_to_a_library(server: StandIn, tmp_path: Path) -> None:
    library = tmp_path / "refs.bib"
    library.write_text("@misc{a, title={Attention}, author={B, C}}\n", encoding="utf-8")
    model = gal.connect(server.url)
    with pytest.raises(EngineError, match="remote engine cannot keep references to a library"):
        model.suggest_references("x", library=library, constrain=True)
    assert get_session().history == [] and server.requests == []


def test_a_batch_that_cannot_run_writes_nothing(server: StandIn, tmp_path: Path) -> None:
    gal.connect(server.url)
    with pytest.raises(OptionError, match=r"which can do it\.$"):
        get_session().map(["x"], tmp_path / "out.jsonl", penalty_alpha=0.6, top_k=4)
    assert not list(tmp_path.glob("out*"))


def test_the_status_names_the_server_and_has_no_empty_rows(
    server: StandIn, run: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"%galactica connect {server.url}")
    capsys.readouterr()
    run("%galactica status")
    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert ["model", "tiny"] in rows and ["server", server.url] in rows
    assert all(len(row) == 2 for row in rows if row)


def test_the_address_of_a_server_is_connected_to_not_loaded() -> None:
    with pytest.raises(ModelNotFoundError, match="`%galactica connect http://host:8000`"):
        get_session().load("http://host:8000")


def test_sampling_says_everything(server: StandIn) -> None:
    model = gal.connect(server.url)
    model.generate("x", max_new_tokens=3, top_k=7, temperature=0.5, num_return_sequences=2, seed=3)
    request = server.requests[0]
    expected = {"top_k": 7, "temperature": 0.5, "top_p": 1.0, "n": 2, "seed": 3, "max_tokens": 3}
    assert expected.items() <= request.items()
    assert request["skip_special_tokens"] is False


def test_references_and_scores_work_as_with_any_engine(server: StandIn) -> None:
    model = gal.connect(server.url)
    assert len(model.suggest_references("The Transformer", 2, max_new_tokens=8)) <= 2
    assert len(model.score("The", " Transformer").tokens) == len(" Transformer")


def test_a_text_goes_on_from_another_token(server: StandIn) -> None:
    session = get_session()
    gal.connect(server.url)
    first = session.generate("x", GenerationOptions(max_new_tokens=4))
    here = first.sequences[0].tokens[1]
    (other,) = [each for each in session.alternatives(first, 2) if each.id != here.id][:1]
    (branch,) = session.branch(first, 2, other.id).drain()
    ids = [token.id for token in branch.sequences[0].tokens]
    assert ids[:2] == [first.sequences[0].tokens[0].id, other.id] and len(ids) == 4


def test_a_score_needs_room_for_one_token_more(server: StandIn) -> None:
    model = gal.connect(server.url)
    size = model.engine.context_size
    assert len(model.score("ab", "c" * (size - 2)).tokens) == size - 2
    with pytest.raises(PromptError, match="a token's room"):
        model.score("b", "c" * (size - 1))


def test_stop_ends_the_request_on_the_server(server: StandIn) -> None:
    server.faults = [Fault(after=3, then="hang")]
    session = get_session()
    gal.connect(server.url)
    with session.stream(gal.Prompt("x"), GenerationOptions(max_new_tokens=50)) as stream:
        for event in stream:
            if len(event.tokens) and len(stream._sequences[0][0].tokens) == 3:
                session.stop()  # while the server says nothing at all
    assert stream.generations[0].finish_reason == "interrupted"
    assert stream.generations[0].new_tokens == 3
    assert server.wait_for_cancellations(1) == [3]


def test_leaving_a_stream_ends_the_request_on_the_server(server: StandIn) -> None:
    server.faults = [Fault(after=1, then="hang")]
    gal.connect(server.url)
    with get_session().stream(gal.Prompt("x")) as stream:
        next(stream)
    assert stream.generations[0].new_tokens == 1
    assert server.wait_for_cancellations(1) == [1]


def test_a_stop_string_that_the_server_overlooks_ends_the_request(server: StandIn) -> None:
    model = gal.connect(server.url)
    text = model.generate("x", max_new_tokens=8, return_full_text=False)
    server.faults = [Fault(after=8, then="hang")]
    server.engine.steps = _without_stop(server.engine.steps)
    stopped = model.generate("x", max_new_tokens=60, return_full_text=False, stop=(text[4:6],))
    assert stopped == text[: text.index(text[4:6])]
    server.wait_for_cancellations(1)


def _without_stop(steps: Callable[..., Any]) -> Callable[..., Any]:
    from dataclasses import replace

    return lambda prompts, options, interrupted: steps(
        prompts, replace(options, stop=()), interrupted
    )


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(after=3, then="die"), "connection to .* was lost"),
        (Fault(after=3, then="end"), "ended its answer in mid-text"),
        (Fault(after=3, then="error"), "EngineCore encountered an issue"),
        (Fault(after=3, then="hang"), "said nothing for 2 s"),
    ],
    ids=lambda value: getattr(value, "then", ""),
)
def test_a_server_that_fails_in_mid_stream_leaves_the_text(
    server: StandIn, fault: Fault, sentence: str
) -> None:
    server.faults = [fault]
    model = gal.connect(server.url, timeout=2 if fault.then == "hang" else 60)
    with pytest.raises(EngineError, match=sentence) as caught:
        model.generate("x", max_new_tokens=9)
    assert "\n" not in str(caught.value)
    generation = get_session().history[-1]
    assert (generation.new_tokens, generation.finish_reason) == (3, "error")
    assert model.generate("x", max_new_tokens=9)  # the next one is as if nothing had happened


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(server: StandIn, status: int) -> None:
    model = gal.connect(server.url)
    server.faults = [Fault(status)] * RETRIES
    assert len(model.generate("x", max_new_tokens=4)) > 1
    assert len(server.requests) == RETRIES + 1


@pytest.mark.parametrize(
    ("status", "sentence", "asked"),
    [
        (400, "refuses the request", 1),
        (401, "refuses the key", 1),
        (404, "check address and model", 1),
        (429, "too much to do", RETRIES + 1),
        (500, "failed .500: Something went wrong", RETRIES + 1),
    ],
)
def test_what_a_server_refuses_is_one_sentence(
    server: StandIn, status: int, sentence: str, asked: int
) -> None:
    model = gal.connect(server.url)
    server.faults = [Fault(status)] * (RETRIES + 1)
    with pytest.raises(GalacticaError, match=sentence) as caught:
        model.generate("x")
    assert "\n" not in str(caught.value)
    assert len(server.requests) == asked


def test_a_server_that_is_gone_is_asked_again_then_named(checkpoint: Path) -> None:
    with StandIn(checkpoint) as server:
        url = server.url
    wire = Wire(url, "", timeout=1, first_delay=0.001)
    with pytest.raises(EngineError, match=f"{url} cannot be reached"):
        list(wire.completions({"model": "tiny", "prompt": [[5]]}, lambda: False))
    wire.close()
    with pytest.raises(EngineError, match="connect again"):
        wire.get("/v1/models")


def test_a_search_that_never_ran_does_not_say_that_there_is_no_paper(
    server: StandIn, run: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"%galactica connect {server.url}")
    server.faults = [Fault(400)]
    with pytest.raises(UsageError, match="refuses the request"):
        run("%galactica cite x")
    assert "x [START_REF]" not in capsys.readouterr().out  # the sentence is all there is
    run("%galactica history 1")
    shown = capsys.readouterr().out
    assert "No answer: " in shown and "refuses the request" in shown
    assert "No such paper" not in shown


def test_a_server_that_does_not_take_the_call_is_out_of_reach() -> None:
    """Firewalls swallow packets: then the client waits for a connection, and not for an answer."""
    request = httpx.Request("POST", "http://host:8000/v1/completions")
    error = openai.APITimeoutError(request=request)
    error.__cause__ = httpx.ConnectTimeout("")
    wire = Wire("host:8000", "", timeout=120)
    assert "http://host:8000 cannot be reached" in str(wire._explained(error))
    error.__cause__ = httpx.ReadTimeout("")
    assert "has said nothing for 120 s" in str(wire._explained(error))
    wire.close()


def test_requests_of_several_threads_run_side_by_side(server: StandIn) -> None:
    engine = RemoteEngine.connect(server.url, ConnectOptions(timeout=10))
    server.gathering = threading.Barrier(4)
    options = GenerationOptions(max_new_tokens=3)
    threads = [
        threading.Thread(target=lambda: list(engine.steps([[30]], options, lambda: False)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert server.most_at_once == 4
    engine.close()


def test_an_old_server_without_ids_is_refused() -> None:
    choice = {"index": 0, "text": " is", "finish_reason": None, "logprobs": None}
    completion = openai.types.Completion.construct(choices=[choice])
    with pytest.raises(EngineError, match=r"vLLM 0\.11 or later"):
        vllm_dialect.scored_ids(completion.choices[0])


def test_vllms_recorded_answers_are_understood() -> None:
    parts = [openai.types.Completion.construct(**part) for part in RECORDED["stream"][:-1]]
    tokens = [token for part in parts for token in vllm_dialect.scored_ids(part.choices[0])]
    assert [token.id for token in tokens] == [
        token_id for part in RECORDED["stream"][:-1] for token_id in part["choices"][0]["token_ids"]
    ]
    assert all(token.alternatives[0] == (token.id, token.log_probability) for token in tokens)
    choice = openai.types.Completion.construct(**RECORDED["score"]).choices[0]
    scored = vllm_dialect.scored_prompt(choice, RECORDED["score_request"]["prompt"][0][2:])
    assert [len(token.alternatives) for token in scored] == [5, 5, 5]
    assert scored[0].log_probability == choice.prompt_logprobs[2]["243"]["logprob"]


@pytest.mark.parametrize("kind", ["stream", "next", "score"])
def test_the_stand_in_answers_as_vllm_did(server: StandIn, kind: str) -> None:
    """Every field that it sends is one that vLLM sends, and holds the same kind of thing."""
    wire = Wire(server.url, "", 5)
    request = RECORDED[f"{kind}_request"] | {"model": "tiny", "prompt": [[30, 31, 32]]}
    stream = request.pop("stream", False)
    known = {"model", "prompt", "n", "logprobs", "max_tokens", "temperature", "top_p", "stop"}
    plain = {name: request.pop(name) for name in known & request.keys()}
    plain |= {"seed": request.pop("seed", None), "stream": stream, "extra_body": request}
    answer = next(wire.completions(plain, lambda: False)).to_dict()
    recorded = RECORDED["stream"][0] if stream else RECORDED[kind]
    wire.close()
    assert answer.keys() <= recorded.keys()
    ours, theirs = answer["choices"][0], recorded["choices"][0]
    assert ours.keys() - {"prompt_logprobs"} <= theirs.keys()
    for name in ("token_ids", "logprobs", "prompt_logprobs", "text"):
        assert type(ours.get(name)) is type(theirs.get(name)), name
    if ours["logprobs"]:
        assert ours["logprobs"].keys() == theirs["logprobs"].keys()
