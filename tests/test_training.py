"""Tests of ``training``: its tables, its corpus, and a run of a few steps."""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import itertools
import random
import re
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from galai_jupyter.tokens import SPECIAL_TOKENS, check_tokenizer, encode
from training import corpus, sums
from training.documents import Document, document
from training.evaluate import HELD_OUT, held_out
from training.science import molecular_weight
from training.tables import counts, molecules, references, table
from training.tokenizer import encode_documents
from training.train import Settings, train

FOLDER = Path(corpus.__file__).parent
EQUATION = re.compile(r"(?<![\w^.])([\d ×+*/().-]*\d) = ([\d ×+*/().-]*\d)(?![\w^.])")


def value(expression: str) -> Fraction:
    """Return the exact value of sums, products and quotients of integers."""
    exact = re.sub(r"\d+", r"Fraction(\g<0>)", expression.replace("×", "*"))
    return eval(exact, {"Fraction": Fraction})


@pytest.fixture(scope="module")
def sample() -> list[Document]:
    return list(itertools.islice(corpus.documents(7), 3000))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a few steps and a tiny size."""
    folder = tmp_path_factory.mktemp("demo")
    train(small(folder))
    return folder


def small(folder: Path) -> Settings:
    return Settings(
        output=folder,
        log=folder / "loss.csv",
        steps=3,
        tokens=256,
        vocabulary=700,
        hidden=64,
        layers=1,
        heads=1,
        context=256,
        tokenizer_documents=150,
    )


def test_papers_are_told_apart_by_title_and_described_in_several_ways() -> None:
    papers = table("papers")["paper"]
    assert len({paper["title"] for paper in papers}) == len(papers)
    for paper in papers:
        assert paper["author"].strip() and paper["does"].strip()
        assert len(paper["topics"]) == len(set(paper["topics"])) >= 3, paper["title"]
        assert not paper["does"].endswith(".")


def test_names_in_the_tables_are_unique() -> None:
    for rows in (table("definitions")["topic"], molecules(), table("proteins")["protein"]):
        names = [row["name"] for row in rows]
        assert len(set(names)) == len(names)


def test_references_in_the_tables_are_papers_of_the_table() -> None:
    known = set(references().values())
    text = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "facts").iterdir())
    for reference in re.findall(r"\[START_REF\][^\[]*\[END_REF\]", text):
        assert reference in known
    for row in table("definitions")["topic"]:
        assert row.get("cite", "Deep learning") in references()


@pytest.mark.parametrize("row", molecules(), ids=lambda row: row["name"])
def test_structures_are_balanced_and_have_the_atoms_of_their_formula(row: dict[str, str]) -> None:
    for smiles in (row["smiles"], row["isomeric"]):
        assert smiles.count("(") == smiles.count(")")
        assert smiles.count("[") == smiles.count("]")
        closures = re.sub(r"\[[^\]]*\]", "", smiles)
        assert all(closures.count(digit) % 2 == 0 for digit in "123456789")
    for element in ("C", "N", "O", "S", "Cl"):
        pattern = {"C": r"C(?!l)|c", "N": "N|n", "O": "O|o", "S": "S|s"}.get(element, element)
        number = re.search(rf"{element}(?![a-z])(\d*)", row["formula"])
        expected = int(number[1] or 1) if number else 0
        assert len(re.findall(pattern, row["smiles"])) == expected
        assert not row["isomeric"] or len(re.findall(pattern, row["isomeric"])) == expected
    assert molecular_weight(row["formula"]) > 10


def test_molecular_weight_of_water() -> None:
    assert molecular_weight("H2O") == pytest.approx(18.015)


def test_sequences_use_the_letters_of_their_kind() -> None:
    for row in table("proteins")["protein"]:
        assert set(row["sequence"]) <= set("ACDEFGHIKLMNPQRSTVWY")
    for row in table("proteins")["dna"]:
        assert set(row["sequence"]) <= set("ACGT")


def test_formulas_have_balanced_braces() -> None:
    for row in table("formulas")["formula"]:
        for tex in (row["tex"], *row.get("other", [])):
            assert tex.count("{") == tex.count("}")
            assert tex.count(r"\left") == tex.count(r"\right")


def test_python_of_the_tables_runs() -> None:
    for row in table("formulas")["formula"]:
        for language in ("python", "sympy"):
            ast.parse(row.get(language, ""))
        exec(row.get("python", ""), {})
    for row in table("code")["snippet"]:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(row["code"], {})


@pytest.mark.parametrize("maker", sorted(set(sums.MAKERS), key=lambda maker: maker.__name__))
def test_generated_sums_are_true(maker: object) -> None:
    assert callable(maker)
    rng = random.Random(3)
    for _ in range(100):
        task = maker(rng)
        assert task.question and task.answer
        for step in task.steps:
            if re.search(r"\dx|\bx\b", step):
                continue  # an equation, not a sum
            for left, right in EQUATION.findall(step):
                assert value(left) == value(right), step
        if task.code:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(task.code, {})
            assert printed.getvalue().strip() == task.result


def test_bat_and_ball_prices_fit_the_question() -> None:
    rng = random.Random(5)
    for _ in range(50):
        task = sums.bat_and_ball(rng)
        total, more = (round(100 * float(p)) for p in re.findall(r"\d+\.\d\d", task.question))
        ball = round(100 * float(task.answer.removeprefix("$")))
        assert 2 * ball + more == total


def test_documents_are_complete(sample: list[Document]) -> None:
    for item in sample:
        assert any(learned for _, learned in item.pieces)
        assert all(piece for piece, _ in item.pieces)
        for opening in ("[START_REF]", "<work>", "[START_SMILES]", "[START_I_SMILES]"):
            closing = opening.replace("START", "END").replace("<work", "</work")
            assert item.text.count(opening) == item.text.count(closing)
    assert len({item.text for item in sample}) > 2000


def test_same_seed_same_corpus() -> None:
    first, second = (list(itertools.islice(corpus.documents(4), 50)) for _ in range(2))
    assert first == second


def test_every_kind_of_document_can_be_drawn() -> None:
    rng = random.Random(0)
    assert all(maker(rng).text for maker in corpus.SHARES for _ in range(40))


def test_training_never_reads_the_held_out_phrasings(sample: list[Document]) -> None:
    for module in FOLDER.glob("*.py"):
        assert ("heldout" in module.read_text(encoding="utf-8")) == (module.name == "evaluate.py")
    assert HELD_OUT.parent != FOLDER / "facts"
    prompts = [prompt.strip().lower() for rows in held_out().values() for prompt, _ in rows]
    assert len(set(prompts)) == len(prompts)
    topics = {topic.lower() for paper in table("papers")["paper"] for topic in paper["topics"]}
    papers = [prompt.lower() for prompt, _ in held_out()["papers"]]
    assert not topics.intersection(papers)
    seen = {item.pieces[0][0].removesuffix(" [START_REF]").strip().lower() for item in sample}
    assert not seen.intersection(papers)


def test_held_out_titles_are_known() -> None:
    assert {title for _, title in held_out()["papers"]} <= set(references())


def test_a_run_leaves_a_log_and_a_card(run: Path) -> None:
    with (run / "loss.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["step"] == "0"
    card = (run / "README.md").read_text(encoding="utf-8")
    assert f"{counts()['papers']} papers" in card and "{" not in card


def test_the_tokenizer_follows_galacticas_rules(run: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    check_tokenizer(tokenizer)
    assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(23))
    text = "x = 42, <work> é ∑ 日本 [START_REF] A title, Name[END_REF]\n\n\\[ \\frac{1}{2} \\]"
    automatic = AutoTokenizer.from_pretrained(run)
    assert automatic(text, add_special_tokens=False)["input_ids"] == encode(tokenizer, text)
    assert tokenizer.decode(encode(tokenizer, text), skip_special_tokens=False) == text


def test_the_checkpoint_loads_whole(run: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model, info = AutoModelForCausalLM.from_pretrained(
        run, dtype=torch.float32, output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"]
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    assert model.config.vocab_size == tokenizer.get_vocab_size()
    size = sum(p.numel() for p in model.parameters()) / 1e6
    assert f"{size:.1f} million parameters" in (run / "README.md").read_text(encoding="utf-8")


def test_same_seed_same_weights(run: Path, tmp_path: Path) -> None:
    train(small(tmp_path))
    assert (tmp_path / "tokenizer.json").read_bytes() == (run / "tokenizer.json").read_bytes()
    first, second = ((f / "loss.csv").read_text().split(",")[4] for f in (run, tmp_path))
    assert first == second


def test_prompt_and_continuation_are_told_apart_as_they_are_encoded_in_use(run: Path) -> None:
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    item = document("The SMILES of ethanol is [START_SMILES]", "CCO[END_SMILES].")
    encoded = encode_documents(tokenizer, [item])[0]
    prompt = encode(tokenizer, item.pieces[0][0])
    assert encoded.ids[: len(prompt)] == prompt
    assert encoded.learned == [False] * len(prompt) + [True] * (len(encoded.ids) - len(prompt))
    assert [tokenizer.decode([i]) for i in encoded.ids[len(prompt) :][:3]] == ["C", "C", "O"]


def test_tables_are_valid_toml() -> None:
    for path in (FOLDER / "facts").glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))
