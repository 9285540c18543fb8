import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.emotion.bundle import CARD_FILE, MODEL_FILE, SOURCE_FILE, load_bundle, sha256_of, write_card
from edge.errors import ModelError

Make = Callable[..., Path]


def refusal(folder: Path | str) -> str:
    with pytest.raises(ModelError) as caught:
        load_bundle(folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_shipped_bundle_is_found_by_its_name_and_by_its_folder(bundle_folder: Path) -> None:
    assert load_bundle("mini_xception") == load_bundle(bundle_folder)


def test_the_shipped_card_keeps_the_honest_record(bundle_folder: Path) -> None:
    card = load_bundle(bundle_folder).card
    assert card.licence and card.not_for and card.command and card.training and card.metrics
    assert set(card.sha256) == {path.name for path in bundle_folder.iterdir()} - {CARD_FILE}


def test_the_source_may_be_left_out_as_on_devices(make_bundle: Make) -> None:
    folder = make_bundle()
    assert not (folder / SOURCE_FILE).exists()
    assert load_bundle(folder).card.classes[3] == "happy"


def test_a_source_of_another_bundle_is_refused(make_bundle: Make) -> None:
    folder = make_bundle()
    (folder / SOURCE_FILE).write_bytes(b"another")
    assert f"{folder / SOURCE_FILE} has sha256" in refusal(folder)


def test_a_card_can_be_written_and_read_again(make_bundle: Make) -> None:
    folder = make_bundle()
    bundle = load_bundle(folder)
    write_card(folder, bundle.card)
    assert load_bundle(folder).card == bundle.card


def test_the_digest_is_that_of_the_card(make_bundle: Make) -> None:
    folder = make_bundle()
    before = load_bundle(folder).digest
    assert before == sha256_of(folder / CARD_FILE)
    (folder / CARD_FILE).write_text((folder / CARD_FILE).read_text() + "\n")
    assert load_bundle(folder).digest != before


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    line = refusal("mini_xeption")
    assert "model mini_xeption is not there" in line and "mini_xception" in line


@pytest.mark.parametrize("name", ["../models/mini_xception", ".."])
def test_a_shipped_bundle_is_not_found_by_a_path_out_of_its_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert refusal(name)


def test_a_folder_without_a_card_is_no_bundle(tmp_path: Path) -> None:
    assert f"{tmp_path} holds no card.json" in refusal(tmp_path)


def test_a_missing_model_is_said(make_bundle: Make) -> None:
    folder = make_bundle()
    (folder / MODEL_FILE).unlink()
    assert f"{folder / MODEL_FILE} is missing" in refusal(folder)


def test_a_truncated_model_is_refused_before_it_is_run(make_bundle: Make) -> None:
    folder = make_bundle()
    model = folder / MODEL_FILE
    model.write_bytes(model.read_bytes()[:50_000])
    line = refusal(folder)
    assert f"{model} has sha256" in line and "damaged" in line


def test_a_card_that_is_not_json_is_said(make_bundle: Make) -> None:
    folder = make_bundle()
    (folder / CARD_FILE).write_text('{"v": 1, "name"')
    assert f"{folder / CARD_FILE}: the whole file: Invalid JSON" in refusal(folder)


CLASSES = ["angry", "disgust", "fear", "happy", "sad", "surprise", "happy"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"input.side": 64}, ["input.side", "not permitted"]),
        ({"input.side_px": "large"}, ["input.side_px", "integer", "'large'"]),
        ({"input.side_px": 0}, ["input.side_px", "greater than or equal to 8", "0"]),
        ({"input.colour": "rgb"}, ["input.colour", "'gray'", "'rgb'"]),
        ({"input.value_range": [1, -1]}, ["value_range is [1.0, -1.0]", "first must be below the second"]),
        ({"input.channels": 2}, ["input.channels", "1 or 3", "2"]),
        ({"input.quantization.zero_point": 200}, ["zero_point is 200; int8 holds -128 to 127"]),
        ({"output.quantization.type": "uint8"}, ["zero_point is -128; uint8 holds 0 to 255"]),
        ({"input.quantization.zero_point": 300}, ["input.quantization.zero_point", "300"]),
        ({"output.quantization.scale": 0}, ["output.quantization.scale", "greater than 0"]),
        ({"output.temperature": -1}, ["output.temperature", "greater than 0"]),
        ({"classes": CLASSES}, ["hold a name twice"]),
        ({"classes": ["happy"]}, ["classes", "at least 2"]),
        ({"v": 2}, ["v: ", "should be 1", "2"]),
        ({"sha256": {}}, ["sha256 does not name model.tflite"]),
    ],
)
def test_a_wrong_card_is_refused_by_field_and_value(
    changes: dict[str, Any], expected: list[str], make_bundle: Make
) -> None:
    folder = make_bundle(changes)
    line = refusal(folder)
    assert line.startswith(str(folder / CARD_FILE))
    for part in expected:
        assert part in line


@pytest.mark.parametrize("field", ["name", "input", "classes", "licence", "not_for", "sha256"])
def test_a_card_that_lacks_a_field_is_refused_by_its_name(field: str, make_bundle: Make) -> None:
    folder = make_bundle()
    card = json.loads((folder / CARD_FILE).read_text())
    del card[field]
    (folder / CARD_FILE).write_text(json.dumps(card))
    assert f"{field}: Field required" in refusal(folder)


def test_a_card_cannot_name_files_outside_its_folder(make_bundle: Make, tmp_path: Path) -> None:
    folder = make_bundle()
    shutil.copy(folder / MODEL_FILE, tmp_path / "outside")
    card = json.loads((folder / CARD_FILE).read_text())
    card["sha256"]["../outside"] = sha256_of(tmp_path / "outside")
    (folder / CARD_FILE).write_text(json.dumps(card))
    assert "sha256 names ../outside; expected a plain file name" in refusal(folder)
