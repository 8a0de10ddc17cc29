"""References kept to a library: nothing else can be generated, whatever the decoding."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, trainers

from galai_jupyter.bibliography import read_library
from galai_jupyter.constraining import reference_trie
from galai_jupyter.engines.decoding.constraint import ReferenceConstraint
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, LibraryError, OptionError, PromptError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import extract_references_from_text
from galai_jupyter.tokens import SPECIAL_TOKENS, byte_tokenizer, encode, set_pipeline
from tests.conftest import make_model

WORDS = (
    "Deep Bayesian Neural Sparse Quantum Graph Causal Robust Spectral Adaptive Networks Learning "
    "Inference Kernels Molecules Proteins Language Galaxies Genomes Überblick Étude x²"
).split()


def merging_tokenizer() -> Tokenizer:
    """Return a tokenizer that merges letters into words, as Galactica's does."""
    tokenizer = Tokenizer(models.BPE())
    set_pipeline(tokenizer)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(byte_tokenizer().get_vocab().keys() - set(SPECIAL_TOKENS)),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(WORDS), *WORDS], trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


@pytest.fixture(scope="module")
def model() -> Model:
    """A model with random weights: left alone it writes nothing but nonsense."""
    tokenizer = merging_tokenizer()
    weights = make_model(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=512, init_std=0.3
    )
    return Model(LocalEngine(weights, tokenizer, "random"))


def write_bib(path: Path, titles: list[tuple[str, str]]) -> str:
    entries = (
        f"@article{{key{n},\n  title = {{{title}}},\n  author = {{{author}, A.}}\n}}\n"
        for n, (title, author) in enumerate(titles)
    )
    path.write_text("\n".join(entries), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library of a thousand entries."""
    rng = random.Random(0)
    titles = [
        (" ".join(rng.choices(WORDS, k=rng.randint(2, 6))) + f": Part {n}", rng.choice(WORDS))
        for n in range(1000)
    ]
    return write_bib(tmp_path_factory.mktemp("bib") / "thousand.bib", titles)


@pytest.fixture
def three(tmp_path: Path) -> str:
    titles = [("Deep Learning", "Li"), ("Deep Kernels, Briefly", "Wu"), ("Deep Learning II", "Li")]
    return write_bib(tmp_path / "three.bib", titles)


STRATEGIES: list[dict[str, Any]] = [
    {},
    {"temperature": 1.5, "num_return_sequences": 4, "seed": 1},
    {"top_p": 0.9, "seed": 2},
    {"top_k": 5, "seed": 3},
    {"penalty_alpha": 0.6, "top_k": 6},
    {"num_beams": 5, "num_return_sequences": 5},
    {"num_beams": 4, "num_return_sequences": 4, "diversity_penalty": 2.0},
    {"num_beams": 6, "num_return_sequences": 6, "diversity_penalty": 1.0, "num_beam_groups": 2},
    {"no_repeat_ngram_size": 1},
    {"repetition_penalty": 5.0, "num_beams": 3},
]


def run(model: Model, prompts: list[str], library: str, **options: Any) -> list[Generation]:
    chosen = {"max_new_tokens": 200, "stop": ("[END_REF]",), **options}
    request = GenerationOptions(library=library, constrain=True, **chosen)
    return model.stream([Prompt(text) for text in prompts], request).drain()


def references_of(generation: Generation) -> list[str]:
    texts = [generation.prompt + sequence.text for sequence in generation.sequences]
    return [reference for text in texts for reference in extract_references_from_text(text)[-1:]]


@pytest.mark.parametrize("options", STRATEGIES, ids=str)
def test_only_references_of_the_library_are_generated(
    model: Model, thousand: str, options: dict[str, Any]
) -> None:
    library = read_library(thousand)
    prompts = ["A longer prompt of several words [START_REF]", "Short [START_REF]"]
    for generation in run(model, prompts, thousand, **options):
        found = references_of(generation)
        assert len(found) == len(generation.sequences) == options.get("num_return_sequences", 1)
        keys = {check_key(reference, library) for reference in found}
        assert "" not in keys
        assert len([note for note in generation.notices if note.startswith("`key")]) == len(keys)


def check_key(reference: str, library: Any) -> str:
    return next((e.key for e in library.entries if same(str(e), reference)), "")


def same(entry: str, reference: str) -> bool:
    return entry == reference.replace("[START_SUP]2[END_SUP]", "²")


def test_all_of_a_small_library_is_suggested_and_nothing_else(model: Model, three: str) -> None:
    found = model.suggest_references("A text", 5, library=three, constrain=True)
    assert sorted((each.key, each.title, each.author) for each in found) == [
        ("key0", "Deep Learning", "Li"),
        ("key1", "Deep Kernels, Briefly", "Wu"),
        ("key2", "Deep Learning II", "Li"),
    ]
    assert all(each.complete and each.source == "three.bib" for each in found)
    ranked = [each.log_probability for each in found]
    assert ranked == sorted(ranked, reverse=True) and all(-1e4 < each < 0 for each in ranked)


def test_log_probabilities_are_those_of_the_model_left_alone(model: Model, three: str) -> None:
    found = model.suggest_references("A text", 3, library=three, constrain=True)
    for each in found:
        scored = model.score("A text [START_REF]", f" {each}[END_REF]")
        assert each.log_probability == pytest.approx(scored.log_probability, abs=1e-3)


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}])
def test_reading_ahead_and_padding_change_no_score(
    model: Model, thousand: str, options: dict[str, Any]
) -> None:
    prompts = ["A longer prompt of several words [START_REF]", "Short [START_REF]"]
    for prompt, generation in zip(prompts, run(model, prompts, thousand, **options), strict=True):
        scored = model.score(prompt, generation.text)
        assert [token.id for token in scored.tokens] == [token.id for token in generation.tokens]
        for token, other in zip(generation.tokens, scored.tokens, strict=True):
            assert token.log_probability == pytest.approx(other.log_probability, abs=1e-3)


def test_titles_longer_than_the_usual_limit_are_finished(model: Model, tmp_path: Path) -> None:
    library = write_bib(tmp_path / "long.bib", [("Zzyzx " * 30, "Q")])
    (found,) = model.suggest_references("A text", 1, library=library, constrain=True)
    assert found.complete and found.key == "key0"


@pytest.mark.parametrize(
    ("begun", "keys"),
    [
        ("", {"key0", "key1", "key2"}),
        (" ", {"key0", "key1", "key2"}),
        (" Deep", {"key0", "key1", "key2"}),
        ("Deep", {"key0", "key1", "key2"}),
        (" Deep Le", {"key0", "key2"}),
        (" deep LEARN", {"key0", "key2"}),
        (" Deep Kernels, B", {"key1"}),
        (" Deep Learning, Li", {"key0"}),
    ],
)
def test_a_reference_that_was_begun_goes_on(
    model: Model, three: str, begun: str, keys: set[str]
) -> None:
    found = model.suggest_references(f"A [START_REF]{begun}", 3, library=three, constrain=True)
    assert {each.key for each in found} == keys


def test_each_prompt_goes_on_from_its_own_beginning(model: Model, three: str) -> None:
    prompts = ["A [START_REF] Deep Ker", "B [START_REF] deep learning", "C [START_REF]"]
    options = {"temperature": 1.0, "seed": 0, "num_return_sequences": 3}
    first, second, third = run(model, prompts, three, **options)
    assert set(references_of(first)) == {"Deep Kernels, Briefly, Wu"}
    assert set(references_of(second)) <= {"deep learning, Li", "deep learning II, Li"}
    assert third.finish_reason == "stop_string"


def test_what_the_library_does_not_begin_with_is_refused(model: Model, three: str) -> None:
    with pytest.raises(PromptError, match=r"three.bib begins with 'Shallow'"):
        model.suggest_references("A [START_REF] Shallow", library=three, constrain=True)


def test_text_outside_of_references_is_free(model: Model, three: str) -> None:
    prompt = "Some prompt"
    free = model.stream(Prompt(prompt), GenerationOptions(max_new_tokens=20)).drain()[0]
    kept = run(model, [prompt], three, max_new_tokens=20, stop=())[0]
    until = free.text.partition("[START_REF]")[0]
    assert until and kept.text.startswith(until)


def test_generate_reference_keeps_to_the_library_too(model: Model, three: str) -> None:
    options: dict[str, Any] = {"library": three, "constrain": True, "max_new_tokens": 60}
    assert model.generate_reference("A text", **options) in {
        "Deep Learning, Li", "Deep Kernels, Briefly, Wu", "Deep Learning II, Li"
    }  # fmt: skip
    several = model.generate_reference(["A", "B"], suggestions=2, **options)
    assert [len(each) for each in several] == [2, 2]


def test_an_empty_library_is_an_error(model: Model, tmp_path: Path) -> None:
    library = write_bib(tmp_path / "empty.bib", [])
    with pytest.raises(LibraryError, match="nothing to suggest"):
        model.suggest_references("A text", library=library, constrain=True)
    assert model.suggest_references("A text", 1, library=library, max_new_tokens=3)


def test_constraining_needs_a_library(model: Model) -> None:
    with pytest.raises(OptionError, match="add library"):
        model.suggest_references("A text", constrain=True)


def test_what_is_wrong_with_the_library_is_warned_of(model: Model) -> None:
    broken = Path(__file__).parent / "data" / "broken.bib"
    with pytest.warns(UserWarning) as warned:
        found = model.suggest_references("A text", 2, library=broken, constrain=True)
    assert str(warned[0].message).startswith("Line 13 of broken.bib: ")
    assert {each.filename for each in warned} == {__file__}
    assert all(each.key for each in found)


def test_an_engine_that_cannot_keep_to_a_library_says_so(three: str) -> None:
    model = Model(ScriptedEngine([" Deep learning, Li[END_REF]"]))
    with pytest.raises(EngineError, match="drop constrain"):
        model.suggest_references("A text", library=three, constrain=True)
    (found,) = model.suggest_references("A text", 1, library=three)
    assert (found.key, found.title) == ("key0", "Deep learning")


def test_a_cell_keeps_to_the_library(model: Model, three: str, run: Any) -> None:
    from galai_jupyter.session import get_session

    get_session().use(model.engine)
    cell = f'%%galactica --task cite --library "{three}" --constrain\nA text'
    result = run(cell)
    assert references_of(result)[0].startswith("Deep ")
    assert result.options.constrain and result.options.library == three
    assert {each.key for each in result.suggestions.references} <= {"key0", "key1", "key2"}
    assert result.suggestions.references[0].key


def test_the_tree_knows_where_a_text_stands() -> None:
    tree = ReferenceTrie(9, [[1, 2, 3], [1, 4, 3], [5, 3]])

    def following(*ids: int) -> set[int] | None:
        node = tree.node(ids)
        return None if node is None else set(tree.children[node])

    assert following(7, 9) == {1, 5}
    assert following(9, 1) == {2, 4}
    assert following(9, 5, 3, 7, 9, 1, 4) == {3}
    assert following(9, 1, 2, 3) is None
    assert following(9, 1, 2, 3, 1) is None
    assert following(1, 2) is None
    assert following() is None
    assert tree.certain([9, 1, 2]) == tree.certain([9, 5]) == []
    assert tree.certain([9]) == [] and tree.certain([7]) == []
    assert ReferenceTrie(9, [[1, 2, 3, 4]]).certain([7, 9, 1]) == [2, 3]
    assert tree.window == 4


def test_scores_are_masked_by_hand() -> None:
    constraint = ReferenceConstraint(ReferenceTrie(3, [[0, 2], [1, 2]]))
    scores = torch.tensor([[1.0, 2.0, 3.0, 4.0]] * 3)
    masked = constraint(torch.tensor([[0, 0, 3], [0, 3, 0], [0, 0, 0]]), scores)
    none = -torch.inf
    assert masked.tolist() == [[1, 2, none, none], [none, none, 3, none], [1, 2, 3, 4]]
    assert scores.tolist() == [[1, 2, 3, 4]] * 3


def test_the_tree_spells_as_the_model_does(thousand: str) -> None:
    tokenizer, library = merging_tokenizer(), read_library(thousand)
    tree = reference_trie(library, tokenizer, ["x [START_REF]"])
    for entry in library.entries:
        ids = encode(tokenizer, f"A text [START_REF] {entry}[END_REF]")
        node = tree.node(ids[:-1])
        assert node is not None and ids[-1] in tree.children[node]
