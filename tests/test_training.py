"""Tests of ``training``: its tables, its corpus, and a run of a few steps."""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import itertools
import random
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from galai_jupyter.tokens import SPECIAL_TOKENS, check_tokenizer, encode
from training import corpus, papers, science, steps, sums, translations
from training.card import add_scores
from training.documents import Document, document, reword
from training.evaluate import Writer, held_out, unseen_cases
from training.meaning import begin_with, meanings
from training.problems.problem import is_reserved
from training.reading import FOLLOWING, LAYER, Readings, read
from training.science import atoms, molecular_weight
from training.tables import counts, molecules, references, table, thesaurus
from training.tokenizer import PAD, encode_documents, train_tokenizer
from training.train import Settings, Trainer, learning_rate

FOLDER = Path(corpus.__file__).parent
EQUATION = re.compile(r"(?<![\w^.])([\d ×+*/().-]*\d) = ([\d ×+*/().-]*\d)(?![\w^.])")


def value(expression: str) -> Fraction:
    """Return the exact value of sums, products and quotients of integers."""
    exact = re.sub(r"\d+(?:\.\d+)?", r"Fraction('\g<0>')", expression.replace("×", "*"))
    return eval(exact, {"Fraction": Fraction})


@pytest.fixture(scope="module")
def sample() -> list[Document]:
    return list(itertools.islice(corpus.documents(7), 3000))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a few steps and a tiny size."""
    folder = tmp_path_factory.mktemp("demo")
    Trainer(small(folder)).run()
    return folder


def small(folder: Path, **changes: Any) -> Settings:
    settings = Settings(
        output=folder,
        log=folder / "loss.csv",
        steps=3,
        tokens=256,
        vocabulary=700,
        hidden=64,
        layers=2,
        heads=1,
        context=256,
        tokenizer_documents=150,
        meaning_documents=150,
        reading_documents=200,
        reading_steps=3,
    )
    return replace(settings, **changes)


def test_papers_are_told_apart_by_title_and_described_in_many_ways() -> None:
    papers = table("papers")["paper"]
    assert len(papers) >= 400
    assert len({paper["title"] for paper in papers}) == len(papers)
    for paper in papers:
        assert paper["author"].strip()
        assert len(paper["topics"]) == len(set(paper["topics"])) >= 8, paper["title"]
        assert len(paper["keywords"]) >= 3 and len(paper["does"]) >= 3, paper["title"]
        assert not any(text.endswith(".") for text in (*paper["does"], *paper["topics"]))
    assert sum(len(paper["topics"]) >= 20 for paper in papers) >= 100


def test_there_are_enough_facts_of_every_kind() -> None:
    number = counts()
    assert number["formulas"] >= 200 and number["definitions"] >= 200
    assert number["molecules"] >= 200 and number["peptides and proteins"] >= 60
    assert number["code snippets and commands"] >= 120
    frames = {*papers.NOUN_FRAMES, *papers.PAPER_FRAMES, *papers.CLAIM_FRAMES}
    assert len(frames) >= 30


def test_synonyms_stand_in_one_group() -> None:
    words = [word for group in thesaurus() for word in group]
    assert len(set(words)) == len(words)


def test_names_in_the_tables_are_unique() -> None:
    for rows in (table("definitions")["topic"], molecules(), table("proteins")["protein"]):
        names = [row["name"] for row in rows]
        assert len(set(names)) == len(names)


def test_references_in_the_tables_are_papers_of_the_table() -> None:
    known = set(references().values())
    files = (FOLDER / "facts").rglob("*.*")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    for reference in re.findall(r"\[START_REF\][^\[]*\[END_REF\]", text):
        assert reference in known
    for row in table("definitions")["topic"]:
        assert row.get("cite", "Deep learning") in references()


def test_structures_give_their_formula_and_their_isomer() -> None:
    from rdkit.Chem import MolFromSmiles, MolToSmiles
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    for row in molecules():
        plain = MolFromSmiles(row["smiles"])
        assert plain is not None, row["name"]
        assert atoms(CalcMolFormula(plain)) == atoms(row["formula"]), row["name"]
        if row["isomeric"]:
            isomer = MolFromSmiles(row["isomeric"])
            flat = MolToSmiles(isomer, isomericSmiles=False)
            assert flat == MolToSmiles(plain, isomericSmiles=False), row["name"]


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
            assert len(re.findall(r"\\left(?!arrow)", tex)) == len(
                re.findall(r"\\right(?!arrow)", tex)
            )


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
            if re.search(r"\d[a-z]|\b[xyznt]\b", step):
                continue  # an equation, not a sum
            for left, right in EQUATION.findall(step):
                assert value(left) == value(right), step
        if task.code:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(task.code, {})
            assert printed.getvalue().strip() == task.result


def test_a_line_of_a_calculation_is_small_enough_to_know() -> None:
    assert steps.add(47, 85) == ("85 + 40 = 125", "125 + 7 = 132")
    assert steps.subtract(503, 170) == ("503 - 100 = 403", "403 - 70 = 333")
    assert steps.multiply(23, 14)[:3] == ("23 × 10 = 230", "20 × 4 = 80", "3 × 4 = 12")
    assert steps.multiply(23, 14)[-1] == "320 + 2 = 322"
    assert steps.divide(72, 3)[:2] == ("3 × 20 = 60", "72 - 60 = 12")
    assert steps.divide(72, 3)[-2:] == ("20 + 4 = 24", "72 / 3 = 24")
    assert steps.remainder(50, 8) == ("8 × 6 = 48", "50 - 48 = 2", "2 < 8")
    for p, n, first in ((25, 80, "25% is 1/4"), (15, 40, "10% of 40 is 4"), (7, 300, "1% of")):
        assert steps.percent(p, n)[0].startswith(first)
        assert steps.percent(p, n)[-1].endswith(f" = {p * n // 100}")


def test_bat_and_ball_prices_fit_the_question() -> None:
    rng = random.Random(5)
    for _ in range(50):
        task = sums.bat_and_ball(rng)
        prices = [round(100 * float(p)) for p in re.findall(r"\d+\.\d\d", task.question)]
        more, total = sorted(prices)
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


def test_no_held_out_wording_stands_in_the_tables() -> None:
    prompts = {prompt.strip().lower() for prompt, _ in held_out()["papers"]}
    assert len(prompts) == len(held_out()["papers"])
    rows = table("papers")["paper"]
    seen = {text.lower() for row in rows for text in (*row["topics"], *row["does"])}
    assert not seen.intersection(prompts)
    false = {prompt.lower() for prompt in held_out()["false_premises"]}
    subjects = {text.lower() for text in table("false_premises")["subjects"]}  # type: ignore[arg-type]
    assert not subjects.intersection(false)
    rows = table("formulas")["formula"]
    seen = {text.lower() for row in rows for text in (*row["names"], *row.get("contexts", []))}
    asked = {re.sub(r"\W+$", "", prompt.lower()) for prompt, _ in held_out()["formulas"]}
    assert not seen.intersection(asked)
    asked = {prompt.strip().lower() for prompt, _ in held_out()["definitions"]}
    assert not asked.intersection(
        text.lower() for row in table("definitions")["topic"] for text in row["asks"]
    )
    stories = {text for wordings in table("stories").values() for text in wordings}
    sums_asked = {frame.split("\n\n<work>")[0] for frame, _, _ in held_out()["sum_frames"]}
    assert not {str(text) for text in stories}.intersection(
        frame.removeprefix("Question: ") for frame in sums_asked
    )


def test_no_held_out_prompt_is_drawn() -> None:
    rng, test = random.Random(8), held_out()
    asked = [*test["papers"], *test["formulas"], *test["definitions"]]
    kept = {" ".join(prompt.lower().split()) for prompt, _ in asked}
    kept |= {" ".join(prompt.lower().split()) for prompt in test["false_premises"]}
    for maker in sorted(corpus.READ, key=lambda maker: maker.__name__):
        for _ in range(1500):
            prompt = " ".join(maker(rng).pieces[0][0].lower().split())
            assert prompt.removesuffix(" [start_ref]") not in kept


def test_no_held_out_frame_is_drawn() -> None:
    def pattern(frame: str) -> str:
        return re.sub(r"\\{\w+\\}", ".+", re.escape(frame))

    rng, test = random.Random(9), held_out()
    frames = {
        science.molecule: test["molecule_frames"],
        translations.translation: test["translation_frames"],
        sums.worked: [frame for frame, _, _ in test["sum_frames"]],
    }
    for maker, asked in frames.items():
        kept = re.compile("|".join(map(pattern, asked)), re.DOTALL)
        drawn = {maker(rng).pieces[0][0] for _ in range(6000)}
        assert not [prompt for prompt in drawn if kept.fullmatch(prompt)]


WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from pathlib import Path
from tests.test_training import small
from training.train import Trainer
Trainer(small(Path(sys.argv[1]))).run()
assert any("best_known.toml" in path for path in opened)
assert not any("heldout" in path for path in opened)
"""


def test_training_never_opens_the_held_out_wordings(tmp_path: Path) -> None:
    root = FOLDER.parent
    command = [sys.executable, "-c", WATCHED, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_held_out_cases_ask_for_known_facts() -> None:
    cases = unseen_cases()
    assert {case.wanted[0] for case in cases["citations"]} <= set(references())
    assert all(case.prompt and all(case.wanted) for kind in cases.values() for case in kind)
    assert min(map(len, cases.values())) >= 100


def test_reserved_sums_and_names_are_never_trained_on() -> None:
    rng = random.Random(2)
    assert not any(is_reserved(*sums.draw(rng).operands) for _ in range(2000))
    assert all(is_reserved(*sums.draw(rng, reserved=True).operands) for _ in range(50))
    names = [translations.new_name(rng) for _ in range(2000)]
    assert not any(map(translations.is_reserved, names)) and "total" in names
    kept = [translations.new_name(rng, reserved=True) for _ in range(200)]
    assert all(map(translations.is_reserved, kept)) and not {*kept} & {*names}
    source, code, target, text = translations.draw(rng, reserved=True)
    assert (
        any(map(translations.is_reserved, re.findall(r"\w+", code))) and source != target and text
    )


def test_programs_in_python_run() -> None:
    rng = random.Random(6)
    for _ in range(200):
        source, code, target, text = translations.draw(rng)
        for language, program in ((source, code), (target, text)):
            if language == "Python":
                ast.parse(program)
            assert program.count("{") == program.count("}")
            assert program.count("(") == program.count(")")


def test_false_premises_end_in_real_papers_of_all_kinds() -> None:
    rng = random.Random(4)
    drawn = [papers.no_such_paper(rng) for _ in range(300)]
    known = {text.removeprefix("[START_REF]") for text in references().values()}
    answers = {item.pieces[1][0].removesuffix(".") for item in drawn}
    assert answers <= known and len(answers) > 150


def test_later_documents_break_off_and_teach_no_end(run: Path) -> None:
    early, later = corpus.chunk(1, 0), corpus.chunk(1, corpus.WHOLE_FIRST)
    assert not any(item.kept for item in early)
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    item = next(item for item in later if item.kept)
    encoded = encode_documents(tokenizer, [item])[0]
    assert sum(encoded.learned) == item.kept and not encoded.whole


def test_embeddings_begin_near_those_they_occur_with(tmp_path: Path) -> None:
    trained = Trainer(small(tmp_path))
    vocabulary = trained.tokenizer.get_vocab()
    words = sorted(token[1:] for token in vocabulary if re.match("Ġ[a-z]{4}", token))
    groups = [words[0:3], words[3:6], words[6:9]]
    sample = [document(f" {a} {b}", f" and {c}") for a, b, c in groups for _ in range(20)]
    sample += [document(f"{number} ", f"{7 * number}") for number in range(2000)]
    vectors = meanings(trained.tokenizer, sample, width=16)
    assert vectors.shape == (trained.tokenizer.get_vocab_size(), 16)

    def close(a: str, b: str) -> float:
        (ours,), (theirs,) = (encode(trained.tokenizer, f" {word}") for word in (a, b))
        return float(vectors[ours] @ vectors[theirs])

    assert close(words[0], words[2]) > 0.1 > 0 > close(words[0], words[3])
    before = torch.randn(len(vectors), 16)
    after = before.clone()
    begin_with(after, vectors)
    means_nothing = vectors.norm(dim=1) == 0
    digits = encode(trained.tokenizer, "1234567890")
    assert all(means_nothing[digit] for digit in digits), "they stand everywhere"
    assert torch.equal(after[means_nothing], before[means_nothing])
    assert not torch.equal(after[~means_nothing], before[~means_nothing])


def test_the_reader_is_a_model_of_one_layer(tmp_path: Path) -> None:
    trainer = Trainer(small(tmp_path))
    reading = trainer.readings[0]
    decoder = trainer.model.model.decoder
    alone = read(trainer.model, reading)
    decoder.layers = torch.nn.ModuleList([decoder.layers[LAYER]])
    positions = torch.arange(reading.shift, reading.shift + reading.ids.shape[1])
    hidden = decoder(
        input_ids=reading.ids,
        position_ids=positions.expand(reading.ids.shape),
        use_cache=False,
    ).last_hidden_state
    last = hidden[torch.arange(len(hidden)), reading.last]
    torch.testing.assert_close(alone, trainer.model.lm_head(last), atol=1e-4, rtol=1e-4)


def test_prompts_are_read_with_the_tokens_that_follow_and_each_epoch_in_another_order() -> None:
    tokenizer = train_tokenizer((item.text for item in corpus.chunk(3, 0)), 700)
    readings = Readings(tokenizer, seed=1, documents=400, context=256)
    first, again = readings[0], Readings(tokenizer, seed=1, documents=400, context=256)[0]
    assert torch.equal(first.ids, again.ids) and torch.equal(first.bag, again.bag)
    ends = first.ids[torch.arange(len(first.ids)), first.last]
    assert PAD not in ends and first.bag.shape == (len(ends), FOLLOWING)
    starts = ends == tokenizer.token_to_id("[START_REF]")
    titles = [encode(tokenizer, text)[1 : 1 + FOLLOWING] for text in references().values()]
    assert starts.any() and all(bag.tolist() in titles for bag in first.bag[starts])
    epoch = [tuple(map(tuple, readings[number].ids.tolist())) for number in range(6)]
    assert len(set(epoch)) == 6


def test_the_rate_rises_stays_and_falls_to_nothing(tmp_path: Path) -> None:
    settings = Settings(steps=1000)
    rates = [learning_rate(step, settings) for step in (0, 60, 199, 700, 999)]
    assert rates[0] < rates[1] == rates[2] == settings.peak > rates[3] > rates[4] > 0


def test_reworded_phrases_keep_their_sense() -> None:
    rng = random.Random(1)
    group = next(group for group in thesaurus() if "fast" in group)
    found = {reword(rng, "a fast sort", share=1.0) for _ in range(100)}
    assert {text.split()[1] for text in found} <= {word.split()[0] for word in group}
    assert len(found) > 1


def test_a_run_leaves_a_log_and_a_card(run: Path) -> None:
    with (run / "loss.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["step"] == "1"
    assert "<svg" in (run / "loss.svg").read_text(encoding="utf-8")
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


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_same_seed_same_weights(run: Path, tmp_path: Path) -> None:
    Trainer(small(tmp_path)).run()
    assert (tmp_path / "tokenizer.json").read_bytes() == (run / "tokenizer.json").read_bytes()
    assert weights(tmp_path) == weights(run)


def test_an_interrupted_run_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small(tmp_path, steps=8, save_every=2)
    Trainer(settings).run()
    whole = weights(tmp_path)
    settings = replace(settings, state=tmp_path / "state.pt")
    learn = Trainer._learn

    def stop(trainer: Trainer, batch: Any) -> float:
        if trainer.step == 5:
            raise KeyboardInterrupt
        return learn(trainer, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_learn", stop)
        Trainer(settings).run()
    again = Trainer(settings)
    assert again.step == 4
    again.run()
    assert weights(tmp_path) == whole


def test_training_learns(tmp_path: Path) -> None:
    """Less than a minute of the real thing, on a smaller network."""
    settings = small(
        tmp_path,
        steps=450,
        peak=4e-3,
        vocabulary=2000,
        hidden=128,
        layers=2,
        heads=2,
        tokens=2048,
        reading_documents=3000,
    )
    Trainer(settings).run()
    with (tmp_path / "loss.csv").open(encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[0] > 7 and losses[-1] < 3.6
    write = Writer(tmp_path)
    subjects = ("the Transformer architecture", "BERT", "gravity", "the structure of DNA")
    texts = write([f"The paper introducing {subject} [START_REF]" for subject in subjects], 60)
    assert any("[END_REF]" in text for (text,) in texts), "it has learnt what a reference is"


def test_scores_go_into_the_card(run: Path, tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text((run / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    for score in ("90.0%", "91.0%"):
        add_scores(tmp_path, f"| sums | {score} |", when=date(2026, 1, 2), commit="abc")
    text = card.read_text(encoding="utf-8")
    assert "| sums | 91.0% |" in text and "90.0%" not in text and "commit abc" in text
    assert "## How it was made" in text


def test_prompt_and_continuation_are_told_apart_as_they_are_encoded_in_use(run: Path) -> None:
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    item = document("The SMILES of ethanol is [START_SMILES]", "CCO[END_SMILES].")
    encoded = encode_documents(tokenizer, [item])[0]
    prompt = encode(tokenizer, item.pieces[0][0])
    assert encoded.ids[: len(prompt)] == prompt
    assert encoded.learned == [False] * len(prompt) + [True] * (len(encoded.ids) - len(prompt))
    assert [tokenizer.decode([i]) for i in encoded.ids[len(prompt) :][:3]] == ["C", "C", "O"]


def test_tables_are_valid_toml() -> None:
    for path in (FOLDER / "facts").rglob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))
