import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.cli import main
from convert.parity_pages import as_markdown
from convert.parity_report import PAIRS, is_delegated, measure_parity, open_kernels, pair_name, sample
from edge.emotion.bundle import load_bundle
from edge.emotion.runtime import import_runtime
from edge.labels import EMOTIONS
from training.splits import Faces

#: The document and the folder of its files.
Report = tuple[dict[str, Any], Path]

pytestmark = pytest.mark.tensorflow

#: Runtimes are not bit-identical: single scores of the shipped network differ by up to this, in 1/256.
TOLERANCE = 20


@pytest.fixture(scope="module")
def report(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    out = tmp_path_factory.mktemp("parity")
    assert main(["parity", "mini_xception", "--data", str(small_fer), "--out", str(out)]) == 0
    return json.loads((out / "parity.json").read_text()), out


def test_xnnpack_takes_the_graph_over_and_the_reference_kernels_do_not() -> None:
    bundle, runtime = load_bundle("mini_xception"), import_runtime()
    assert is_delegated(open_kernels(bundle, runtime, "AUTO"))
    reference = open_kernels(bundle, runtime, "BUILTIN_REF")
    assert not is_delegated(reference)
    assert len(reference._get_ops_details()) == 33


def test_three_ways_to_compute_the_shipped_network_agree_within_the_tolerance(report: Report) -> None:
    found, _ = report
    assert found["faces"] == found["of"] == 21
    for pair in PAIRS:
        differences = found["pairs"][pair_name(pair)]
        assert 0 < differences["largest"] < TOLERANCE
        assert 0 < differences["mean"] <= differences["largest"]
        assert differences["labels_differ"] <= 3  # gratings are no faces: scores are close
        assert sum(differences["scores_up_to"].values()) == 21 * len(EMOTIONS)
    ways = [found["pairs"][pair_name(pair)]["mean"] for pair in PAIRS]
    assert len(set(ways)) == 3  # three ways indeed


def test_it_tells_accuracy_and_every_class_of_each_way(report: Report) -> None:
    found, _ = report
    assert set(found["accuracy"]) == {"fer2013", "raters", "raters_agree"}
    for against in found["accuracy"].values():
        assert set(against) == {"float", "xnnpack", "reference"}
    assert tuple(found["per_class"]) == EMOTIONS
    for of_class in found["per_class"].values():
        assert of_class["faces"] == 3
        assert set(of_class["recall"]) == {"float", "xnnpack", "reference"}
        assert of_class["largest"]["float_xnnpack"] < TOLERANCE


def test_it_comes_as_json_markdown_and_one_page_that_needs_nothing(report: Report) -> None:
    found, out = report
    assert {path.name for path in out.iterdir()} == {"parity.json", "parity.md", "parity.html"}
    assert (out / "parity.md").read_text() == as_markdown(found)
    page = (out / "parity.html").read_text()
    assert "http" not in page and "<script" not in page and page.count("<table>") == 3
    assert all(name in page for name in EMOTIONS)


def test_a_report_is_not_replaced_unless_forced_and_can_be_of_some_faces(
    report: Report, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = report
    command = ["parity", "mini_xception", "--data", str(small_fer)]
    assert main([*command, "--out", str(out)]) == 2
    assert "parity.json is there already" in capsys.readouterr().err
    assert main([*command, "--faces", "4", "--json"]) == 0
    some = json.loads(capsys.readouterr().out)
    assert (some["faces"], some["of"]) == (4, 21)
    assert some["command"].startswith("mien-convert parity")


def test_a_bundle_without_its_float_network_is_one_clear_line(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(load_bundle("mini_xception").folder, tmp_path / "bundle")
    (tmp_path / "bundle/source.keras").unlink()
    assert main(["parity", str(tmp_path / "bundle"), "--data", str(small_fer)]) == 2
    assert "holds no source.keras, the float network to compare with" in capsys.readouterr().err


def test_a_network_that_says_something_else_is_seen(small_fer: Path, tmp_path: Path) -> None:
    """The float network of another fit stands for a conversion that went wrong."""
    import keras

    bundle = load_bundle("mini_xception")
    wrong = keras.saving.load_model(bundle.source_path, compile=False)
    wrong.set_weights([1.1 * weight for weight in wrong.get_weights()])
    shutil.copytree(bundle.folder, tmp_path / "bundle")
    wrong.save(tmp_path / "bundle/source.keras")
    card = json.loads((tmp_path / "bundle/card.json").read_text())
    del card["sha256"]["source.keras"]
    (tmp_path / "bundle/card.json").write_text(json.dumps(card))
    pixels = np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.uint8)
    faces = Faces(pixels, np.arange(8, dtype=np.int16) % 7)
    found = measure_parity(load_bundle(tmp_path / "bundle"), faces)["pairs"]
    assert found["float_xnnpack"]["largest"] > 2 * TOLERANCE
    assert found["xnnpack_reference"]["largest"] < TOLERANCE


def test_some_faces_are_drawn_from_all_and_are_the_same_each_time() -> None:
    rows = sample(1000, 100)
    assert len(set(rows.tolist())) == 100 and rows.max() > 900 and rows.min() < 100
    assert rows.tolist() == sample(1000, 100).tolist()
    assert sample(5, 9).tolist() == sample(5, None).tolist() == [0, 1, 2, 3, 4]
