"""Notebooks that were written for galai run: its names, shapes and warnings; its bugs do not."""

from __future__ import annotations

import inspect
import itertools
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, Interrupted, OptionError
from galai_jupyter.model import Model
from galai_jupyter.session import get_session

ATTENTION = " Attention is All you Need, Vaswani[END_REF]"


def scripted(*texts: str) -> Model:
    return get_session().use(ScriptedEngine(texts))


def last_options() -> Any:
    return get_session().history[-1].options


@pytest.fixture(params=["tiny", "demo"])
def model(request: pytest.FixtureRequest, checkpoint: Path) -> Model:
    """A tiny checkpoint, which says nonsense, and the bundled one."""
    name = str(checkpoint) if request.param == "tiny" else "demo"
    return gal.load_model(name, num_gpus=0)


def test_a_star_import_gives_galais_names() -> None:
    names: dict[str, Any] = {}
    exec("from galai_jupyter import *", names)
    for name in (
        "Model", "ModelInfo", "load_model", "display_markdown", "display_latex",
        "escape_custom_split_sequence", "extract_references_from_text",
    ):  # fmt: skip
        assert callable(names[name])


def test_arguments_stand_in_galais_order() -> None:
    parameters = list(inspect.signature(Model.generate).parameters)
    assert parameters[1:11] == [
        "input_text", "max_length", "max_new_tokens", "new_doc", "top_p", "top_k",
        "penalty_alpha", "num_beams", "num_return_sequences", "return_full_text",
    ]  # fmt: skip
    references = inspect.signature(Model.generate_reference).parameters.values()
    positional = [each.name for each in references if each.kind is not each.KEYWORD_ONLY]
    assert positional[1:] == [
        "input_text", "max_length", "max_new_tokens", "new_doc", "top_p", "suggestions",
        "diversity_penalty",
    ]  # fmt: skip


def test_generate_has_galais_shapes(model: Model) -> None:
    prompt = "The Transformer architecture [START_REF]"
    text = model.generate(prompt, max_new_tokens=5)
    assert text.startswith(prompt)
    assert model.generate(prompt, max_new_tokens=5, return_full_text=False) == text[len(prompt) :]
    two = model.generate([prompt, "# Topic\n\n"], max_new_tokens=5)
    assert two[0] == text and two[1].startswith("# Topic\n\n")
    beams = model.generate(prompt, max_new_tokens=5, num_beams=3, num_return_sequences=2)
    assert [type(beam) for beam in beams] == [str, str]
    lists = model.generate(
        [prompt, "# Topic\n\n"], max_new_tokens=5, top_p=0.7, num_return_sequences=2
    )
    assert [len(each) for each in lists] == [2, 2]
    assert model.generate([]) == []


def test_references_have_galais_shapes(model: Model) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tiny model does not finish its references
        one = model.generate_reference("The Transformer architecture")
        several = model.generate_reference("The Transformer architecture", suggestions=3)
        lists = model.generate_reference(
            ["The Transformer", "Deep learning"], suggestions=2, diversity_penalty=0.9
        )
        batch = model.generate_reference(["The Transformer", "Deep learning"])
    assert isinstance(one, str) and "[START_REF]" not in one and "[END_REF]" not in one
    assert 1 <= len(several) <= 3 and len(set(several)) == len(several)
    assert [type(each) for each in lists] == [list, list]
    assert [type(each) for each in batch] == [str, str]


def test_every_decoding_of_the_introduction_runs(model: Model) -> None:
    prompt = "Title: A Literature Review on Alzheimer's Disease\n\n# Abstract\n"
    for options in (
        {"top_k": 4, "penalty_alpha": 0.6},
        {"num_beams": 5},
        {"top_p": 0.7},
        {"top_k": 10},
        {"top_k": 10, "top_p": 0.7},
        {"new_doc": True},
    ):
        assert model.generate(prompt, max_new_tokens=6, **options).startswith(prompt)


def test_transformers_own_generate_takes_the_prepared_tensor(model: Model) -> None:
    tokens = model._tokenize(["In this paper, we study", "DNA [START_DNA]GATTACA"], new_doc=True)
    padding, end = model.tokenizer.token_to_id("<pad>"), model.tokenizer.token_to_id("</s>")
    assert tokens.dtype == torch.int64 and tokens.device == model.model.device
    for row in tokens.tolist():
        first = next(token for token in row if token != padding)
        assert first == end and padding not in row[row.index(end) :]
    out = model.model.generate(
        tokens[:1], max_new_tokens=4, return_dict_in_generate=True, output_scores=True
    )
    assert out.scores[0].shape == (1, model.model.config.vocab_size)


def test_a_reference_can_be_scored_by_hand(model: Model) -> None:
    tokens = model._tokenize(["The $E=m c^2$ paper [START_REF]"], new_doc=False)
    out = model.model.generate(
        tokens, max_new_tokens=20, return_dict_in_generate=True, output_scores=True
    )
    said = out.sequences[0, len(tokens[0]) :].tolist()
    log_probabilities = [
        torch.log_softmax(scores, dim=-1)[0, token].item()
        for scores, token in zip(out.scores, said, strict=True)
    ]
    assert max(log_probabilities) <= 0
    assert model.tokenizer.decode(said, skip_special_tokens=False)
    assert isinstance(model.tokenizer.token_to_id("[END_REF]"), int)


def test_single_tokens_can_be_looked_at(model: Model) -> None:
    text = "[START_DNA]GATTACA[END_DNA] $x^{12}$\n\n"
    ids = model.tokenizer.encode(gal.escape_custom_split_sequence(text)).ids
    pieces = [model.tokenizer.decode([each], skip_special_tokens=False) for each in ids]
    assert "".join(pieces) == text
    assert pieces[:9] == ["[START_DNA]", *"GATTACA", "[END_DNA]"]


def test_a_model_can_be_moved(model: Model) -> None:
    before = model.generate("The", max_new_tokens=4)
    assert model.model.to("cpu") is model.model
    model.model.to(torch.float64)
    assert model.description.dtype == "float64"
    assert model._tokenize(["The"]).device == torch.device("cpu")
    model.model.to(torch.float32)
    assert model.generate("The", max_new_tokens=4) == before


def test_max_length_counts_the_prompt(model: Model) -> None:
    prompt = "The Transformer architecture"
    length = model._tokenize([prompt]).shape[1]
    model.generate(prompt, length + 7)
    assert last_options().max_new_tokens == 7
    model.generate(prompt, length + 7, new_doc=True)
    assert last_options().max_new_tokens == 6
    model.generate([prompt, "The"], length + 7)
    assert last_options().max_new_tokens == 7


def test_max_length_is_checked_against_prompt_and_context() -> None:
    model = scripted("text")
    with pytest.raises(OptionError, match="max_length=4 counts the prompt, too, which has 6 tok"):
        model.generate("prompt", max_length=4)
    with pytest.warns(UserWarning, match="max_new_tokens counts"):
        model.generate("prompt", max_length=4, max_new_tokens=9)
    assert last_options().max_new_tokens == 9
    with pytest.warns(UserWarning, match="lowered to the model's context of 2,048"):
        model.generate("prompt", max_length=5000)
    assert last_options().max_new_tokens == 2048 - len("prompt")


def test_sixty_tokens_is_the_default() -> None:
    scripted("text").generate("prompt")
    assert last_options().max_new_tokens == 60


def test_an_empty_text_begins_a_document_with_a_warning() -> None:
    model = scripted("text")
    with pytest.warns(UserWarning, match="a new document is begun") as caught:
        assert model.generate("") == "text"
    assert get_session().history[-1].new_doc
    assert caught[0].filename == __file__


def test_what_was_cut_is_said() -> None:
    model = get_session().use(ScriptedEngine(["text"], context_size=70))
    with pytest.warns(UserWarning, match="Cut 10 tokens from the left end"):
        model.generate("p" * 20)


@pytest.mark.parametrize(
    ("options", "ignored", "strategy"),
    [
        ({"num_beams": 3, "top_p": 0.9}, "top_p is ignored", "beam search"),
        ({"num_beams": 3, "top_p": 0.9, "top_k": 4}, "top_p and top_k are", "beam search"),
        ({"num_beams": 3, "top_k": 4, "penalty_alpha": 0.6}, "penalty_alpha", "beam search"),
        ({"top_p": 0.9, "top_k": 4, "penalty_alpha": 0.6}, "top_p is", "contrastive search"),
    ],
)
def test_contradictions_warn_and_run(options: dict[str, Any], ignored: str, strategy: str) -> None:
    model = scripted("text")
    with pytest.warns(UserWarning, match=ignored):
        assert model.generate("x", **options) == "xtext"
    assert last_options().strategy == strategy


def test_contrastive_search_without_candidates_is_refused() -> None:
    with pytest.raises(OptionError, match="add top_k"):
        scripted("text").generate("x", penalty_alpha=0.6)


def test_further_options_are_ours() -> None:
    model = scripted("text. And more")
    assert model.generate("x", stop=(".",)) == "xtext"
    with pytest.raises(OptionError, match="Did you mean 'temperature'"):
        model.generate("x", temprature=0.7)


def test_generate_reference_opens_and_closes_for_you() -> None:
    model = scripted(ATTENTION + " and more")
    assert model.generate_reference("The Transformer") == "Attention is All you Need, Vaswani"
    assert get_session().history[-1].prompt == "The Transformer[START_REF]"
    model.generate_reference("The Transformer ")
    assert get_session().history[-1].prompt == "The Transformer [START_REF]"
    model.generate_reference("An [START_REF] A, B[END_REF] and ")
    assert get_session().history[-1].prompt.endswith("[END_REF] and [START_REF]")


def test_a_reference_that_is_begun_is_finished() -> None:
    model = scripted(" You Need, Vaswani[END_REF]")
    found = model.generate_reference("See [START_REF] Attention Is All ")
    assert get_session().history[-1].prompt == "See [START_REF] Attention Is All"
    assert found == "Attention Is All You Need, Vaswani"


def test_suggestions_are_never_repeated() -> None:
    texts = [" A title, Name[END_REF]", " A Title, Name[END_REF]", " Another, Name[END_REF]"]
    found = scripted(*texts).generate_reference("x", suggestions=3)
    assert found == ["A title, Name", "Another, Name"]
    options = last_options()
    assert (options.num_beams, options.num_return_sequences) == (3, 3)


def test_suggestions_can_be_sampled_or_diverse() -> None:
    model = scripted(ATTENTION)
    model.generate_reference("x", suggestions=3, top_p=0.7)
    assert last_options().strategy == "nucleus sampling"
    model.generate_reference("x", suggestions=3, diversity_penalty=0.9)
    assert last_options().strategy == "diverse beam search"


def test_a_penalty_without_other_beams_warns_and_runs() -> None:
    model = scripted(ATTENTION)
    with pytest.warns(UserWarning, match="one suggestion has no other"):
        model.generate_reference("x", diversity_penalty=0.9)
    with pytest.warns(UserWarning, match="sampling has no beams"):
        model.generate_reference("x", suggestions=2, top_p=0.7, diversity_penalty=0.9)


def test_an_unfinished_reference_warns() -> None:
    model = scripted(ATTENTION)
    with pytest.warns(UserWarning, match="not finished: raise max_new_tokens"):
        assert model.generate_reference("x", max_new_tokens=10) == "Attention"


@pytest.mark.parametrize("suggestions", [0, 65, 2.5])
def test_suggestions_have_a_range(suggestions: Any) -> None:
    with pytest.raises(OptionError, match="suggestions must be"):
        scripted(ATTENTION).generate_reference("x", suggestions=suggestions)


def test_another_engine_has_no_transformers_model() -> None:
    model = scripted("text")
    with pytest.raises(EngineError, match="scripted engine holds no transformers model"):
        model.model.generate()
    assert model.tokenizer.encode("ab").ids


def test_an_unloaded_model_says_so(checkpoint: Path) -> None:
    model = gal.load_model(str(checkpoint), num_gpus=0)
    get_session().unload()
    with pytest.raises(EngineError, match="unloaded: load it again"):
        model.model.generate()


def test_the_cache_of_the_seeds_example_is_computed() -> None:
    needed = gal.ModelInfo.by_name("huge").memory_per_token(dtype="float16") * 8 * 300
    assert f"{needed / 1e9:.1f} GB" == "9.4 GB"


def test_many_prompts_are_answered_in_their_order() -> None:
    counter = itertools.count()
    model = get_session().use(ScriptedEngine(lambda prompt: str(next(counter))))
    assert model.generate(list("abc")) == ["a0", "b1", "c2"]


def test_many_prompts_have_a_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    model = scripted("text")
    model.generate(["prompt"] * 7)
    assert capsys.readouterr().out == ""
    model.generate(["prompt"] * 8)
    assert "0/8" in capsys.readouterr().out


def test_an_interrupt_keeps_what_there_is() -> None:
    def interrupt(said: int) -> None:
        if len(engine.requests[0][0]) == 9 and said == 2 and count["prompts"] == 3:
            raise KeyboardInterrupt
        count["prompts"] += said == 0

    count = {"prompts": -1}
    engine = ScriptedEngine(lambda prompt: prompt.upper(), on_token=interrupt)
    model = get_session().use(engine)
    with pytest.raises(Interrupted, match=r"3 of 9 prompts are complete.*history\[-9:\]") as caught:
        model.generate([f"p{number}" + "x" * 3 for number in range(9)])
    generations = caught.value.generations
    assert [each.text for each in generations[:4]] == ["P0XXX", "P1XXX", "P2XXX", "P3"]
    assert [each.finish_reason for each in generations] == ["end_of_document"] * 3 + [
        "interrupted"
    ] * 6
    assert get_session().history[-9:] == generations
    assert not get_session().busy
    assert isinstance(caught.value, KeyboardInterrupt)
