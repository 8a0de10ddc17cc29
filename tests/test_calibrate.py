"""From prompts to coefficients: what is right, what fits, how well it tells real from false."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from galai_jupyter.confidence import Calibration
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.generation import Reference
from galai_jupyter.model import Model
from training import calibrate
from training.calibrate import FRAMES, Judged, false_prompts, first_suggestions, fit, measure
from training.documents import document
from training.evaluate import HELD_OUT
from training.tables import table


def judged(right: bool, mean: float, minimum: float) -> Judged:
    reference = Reference("A", "B", mean_log_probability=mean, min_log_probability=minimum)
    return Judged(reference, right)


SURE = [judged(True, -0.01 * n, -0.05 * n) for n in range(12)]
UNSURE = [judged(False, -0.1 * n, -0.5 * n) for n in range(1, 13)]


def test_real_prompts_name_papers_of_the_tables_in_frames_of_their_own() -> None:
    prompts = calibrate.real_prompts(random.Random(1), 50)
    titles = {paper["title"] for paper in table("papers")["paper"]}
    assert len(prompts) == 50 and {title for _, title in prompts} <= titles
    assert all("{" not in prompt for prompt, _ in prompts)
    unseen = HELD_OUT.read_text(encoding="utf-8")
    assert not any(prompt in unseen for prompt, _ in prompts)
    sources = (HELD_OUT.parent / "papers.py").read_text(encoding="utf-8")
    assert not any(f'"{frame}"' in sources for frame in FRAMES)


def test_false_prompts_are_those_of_documents_without_the_open_reference() -> None:
    asked = document("A paper on nothing [START_REF]", " A, B[END_REF]")
    assert false_prompts(random.Random(1), 2, lambda rng: asked) == ["A paper on nothing"] * 2


def test_the_first_suggestion_is_right_if_it_has_the_title_that_is_meant() -> None:
    model = Model(ScriptedEngine([" A title, Name[END_REF]"]))
    found = first_suggestions(model, [("x", "A title"), ("x", "Another")], ["y"])
    assert [each.right for each in found] == [True, False, False]
    assert first_suggestions(Model(ScriptedEngine([" never closed"])), [], ["y"]) == []


def test_a_fit_separates_what_is_sure_from_what_is_not() -> None:
    calibration = fit(SURE + UNSURE)
    assert calibration.probability(0, 0) > 0.8 > 0.2 > calibration.probability(-1, -5)
    assert calibration.mean >= 0 and calibration.minimum >= 0


def test_a_feature_that_contradicts_itself_is_left_out() -> None:
    odd = [judged(right, mean, minimum) for right, mean, minimum in (
        (True, -0.9, -0.1), (True, -0.8, -0.2), (False, -0.1, -2.0), (False, -0.2, -3.0),
    )]  # fmt: skip
    calibration = fit(odd)
    assert calibration.mean == 0 and calibration.minimum > 0


def test_a_report_has_the_area_under_the_curve_and_what_the_labels_are_worth() -> None:
    calibration = Calibration(bias=2.0, mean=0.0, minimum=2.0)
    report = measure(calibration, SURE[:4] + UNSURE[4:8], real=4)
    assert report["roc_auc_real_against_false"] == 1
    assert report["roc_auc_right_against_wrong"] == 1
    assert report["right_of_label"] == {"likely": "4 of 4", "probably invented": "0 of 4"}


def test_what_was_found_is_written_beside_other_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"other": {"bias": 1}}', encoding="utf-8")
    monkeypatch.setattr(calibrate, "CALIBRATION_FILE", path)
    calibrate.write("mine", Calibration(1.0, 2.0, 3.0), {"held_out": "nothing"})
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "other": {"bias": 1},
        "mine": {"bias": 1.0, "mean": 2.0, "minimum": 3.0, "held_out": "nothing"},
    }
