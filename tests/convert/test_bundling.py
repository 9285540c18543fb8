import shutil
from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from edge.emotion.bundle import load_bundle, read_card, write_card
from edge.emotion.classifier import Classifier
from edge.labels import EMOTIONS
from tests.training.faces import csv_line, draw_face, write_lines

pytestmark = pytest.mark.tensorflow

#: What a Keras file does not say of itself.
KNOWN = ["--value-range", "-1", "1", "--classes", ",".join(EMOTIONS)]


@pytest.fixture(scope="module")
def bundle(untrained: Path, small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "trial"
    assert main([str(untrained), *KNOWN, "--data", str(small_fer), "--out", str(out), "--max-loss", "100"]) == 0
    return out


def test_a_bundle_has_all_its_files_and_the_device_can_run_it(bundle: Path) -> None:
    assert {path.name for path in bundle.iterdir()} == {"model.tflite", "source.keras", "card.json"}
    scores = Classifier.open(load_bundle(bundle)).scores_of_crop(draw_face(0, 0))
    assert tuple(scores) == EMOTIONS
    assert sum(scores.values()) == pytest.approx(1, abs=0.001)
    assert list(bundle.parent.iterdir()) == [bundle]


def test_the_card_says_what_the_network_is_and_how_good(bundle: Path) -> None:
    card = load_bundle(bundle).card
    assert (card.name, card.network) == ("trial", "mini_xception")
    assert card.input.value_range == (-1, 1)
    assert set(card.sha256) == {"model.tflite", "source.keras"}
    assert card.command.startswith("mien-convert ") and "--max-loss 100" in card.command
    assert {"data", "weights"} <= set(card.licence)
    assert len(card.not_for) > 3
    assert "skin colour and origin" in card.metrics["groups"]["unmeasured"]
    for kind in ("float", "int8"):
        found = card.metrics["PublicTest"][kind]["all"]
        assert {"fer2013", "raters", "raters_agree"} == set(found)
        assert set(found["raters"]["per_class"]) == set(EMOTIONS)


def test_looks_at_private_test_outlive_another_conversion_of_the_same_weights(
    bundle: Path, untrained: Path, small_fer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    shutil.copytree(bundle, out)
    write_card(out, read_card(out).model_copy(update={"looks": ({"date": "2026-11-20"},)}))
    command = ["--data", str(small_fer), "--out", str(out), "--max-loss", "100", "--force"]
    assert main([str(untrained), *KNOWN, *command]) == 0
    assert load_bundle(out).card.looks == ({"date": "2026-11-20"},)


def test_rare_classes_get_their_chance_in_float_and_int8_and_the_card_says_so(
    bundle: Path, untrained: Path, tmp_path: Path
) -> None:
    from training.predictions import float_probabilities, int8_probabilities, load_float_model

    rows = [(label, "Training", index) for label in range(7) for index in range(1 + 2 * label)]
    rows += [(label, "PublicTest", 100) for label in range(7)]
    write_lines(tmp_path, [csv_line(label, index, usage) for label, usage, index in rows])
    out = tmp_path / "balanced"
    command = ["--data", str(tmp_path), "--out", str(out), "--max-loss", "100", "--class-balance", "0.5"]
    assert main([str(untrained), *KNOWN, *command]) == 0
    card = load_bundle(out).card
    done = card.conversion["class_balance"]
    assert (done["share"], done["temperature"]) == (0.5, 1)  # too few faces of PublicTest for another
    shares = np.array([(1 + 2 * label) / 49 for label in range(7)])
    factors = 0.5 + 0.5 / (7 * shares)
    found = [[done["classes"][name][key] for name in EMOTIONS] for key in ("share", "factor")]
    assert np.allclose(found, [shares, factors], atol=1e-4)
    faces = np.stack([draw_face(label, 50) for label in range(7)])
    before, after = (
        float_probabilities(load_float_model(one / "source.keras"), faces, card.input.value_range)
        for one in (bundle, out)
    )
    expected = before * factors
    assert np.allclose(after, expected / expected.sum(axis=1, keepdims=True), atol=0.002)
    plain = card.model_copy(update={"output": card.output.model_copy(update={"temperature": 1.0})})
    write_card(out, plain)
    assert np.abs(int8_probabilities(load_bundle(out), faces) - after).max() < 20 / 256


def test_looks_at_a_network_are_not_those_at_one_with_balanced_classes(
    bundle: Path, untrained: Path, small_fer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    shutil.copytree(bundle, out)
    write_card(out, read_card(out).model_copy(update={"looks": ({"date": "2026-11-20"},)}))
    command = [
        str(untrained),
        *KNOWN,
        "--data",
        str(small_fer),
        "--out",
        str(out),
        "--max-loss",
        "100",
        "--force",
    ]
    assert main([*command, "--class-balance", "0.5"]) == 0
    assert load_bundle(out).card.looks == ()
    write_card(out, read_card(out).model_copy(update={"looks": ({"date": "2026-11-21"},)}))
    assert main([*command, "--class-balance", "0.5"]) == 0
    assert load_bundle(out).card.looks == ({"date": "2026-11-21"},)


def test_classes_of_a_network_without_a_bias_cannot_be_balanced(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    face = keras.layers.Input((48, 48, 1))
    means = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(7, 3)(face))
    out = keras.layers.Dense(7, activation="softmax", use_bias=False)(means)
    keras.Model(face, out).save(tmp_path / "plain.keras")
    command = [str(tmp_path / "plain.keras"), *KNOWN, "--data", str(small_fer), "--out", str(tmp_path / "out")]
    assert main([*command, "--class-balance", "0.5"]) == 1
    assert "--class-balance: the network's last layer has no bias" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_bundle_with_balanced_classes_stays_so_and_is_not_balanced_twice(
    untrained: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--data", str(small_fer), "--max-loss", "100"]
    first, second = tmp_path / "first", tmp_path / "second"
    assert main([str(untrained), *KNOWN, *command, "--out", str(first), "--class-balance", "0.4"]) == 0
    assert main([str(first), *command, "--out", str(second)]) == 0
    balanced = [read_card(one).conversion["class_balance"] for one in (first, second)]
    assert balanced[0] == balanced[1]
    capsys.readouterr()
    third = ["--out", str(tmp_path / "third"), "--class-balance", "0.2"]
    assert main([str(first), *command, *third]) == 2
    assert "has balanced classes already, by 0.4; leave out --class-balance" in capsys.readouterr().err
    assert not (tmp_path / "third").exists()


def test_the_figures_of_a_bundle_beside_it_stand_on_the_card(
    bundle: Path, untrained: Path, small_fer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "shipped"
    command = ["--data", str(small_fer), "--out", str(out), "--max-loss", "100", "--beside", str(bundle)]
    assert main([str(untrained), *KNOWN, *command]) == 0
    beside = load_bundle(out).card.training["beside"]
    other = load_bundle(bundle).card
    assert beside["name"] == other.name
    expected = other.metrics["PublicTest"]["int8"]["all"]["raters"]["accuracy"]
    assert beside["PublicTest, int8"]["raters"] == expected


def test_int8_says_nearly_what_float_says(bundle: Path) -> None:
    from training.predictions import float_probabilities, int8_probabilities, load_float_model

    faces = np.stack([draw_face(label, 50) for label in range(7)])
    loaded = load_bundle(bundle)
    before = float_probabilities(load_float_model(loaded.source_path), faces, loaded.card.input.value_range)
    assert np.abs(int8_probabilities(loaded, faces) - before).max() < 20 / 256


def test_a_bundle_is_not_replaced_unless_forced(
    bundle: Path, untrained: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_bundle(bundle).digest
    assert main([str(untrained), *KNOWN, "--data", str(small_fer), "--out", str(bundle)]) == 2
    assert "is there already; try --force" in capsys.readouterr().err
    assert load_bundle(bundle).digest == before


def test_a_conversion_that_loses_too_much_fails_and_leaves_nothing(
    untrained: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models" / "trial"
    # a limit below any possible gain stands for a network that loses
    command = [str(untrained), *KNOWN, "--data", str(small_fer), "--out", str(out)]
    assert main([*command, "--max-loss", "-101"]) == 1
    assert "mien-convert: int8 loses" in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("text.keras", "is not a Keras model that can be loaded"), ("nothing.keras", "is missing; expected")],
)
def test_what_is_no_model_is_one_clear_line(
    tmp_path: Path, small_fer: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.keras").write_text("no model")
    assert main([str(tmp_path / name), "--data", str(small_fer), "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_file_of_its_own_must_be_told_its_value_range_and_its_classes(
    tmp_path: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((32, 32, 1)), layers.Flatten(), layers.Dense(7, activation="softmax")], name="mine"
    )
    model.save(tmp_path / "mine.keras")
    command = [str(tmp_path / "mine.keras"), "--data", str(small_fer), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "mine.keras does not say its value range; give" in capsys.readouterr().err
    known = [*command, "--value-range", "0", "1", "--max-loss", "100"]
    assert main(known) == 2
    assert "mine.keras does not say the order of its classes; give" in capsys.readouterr().err
    assert main([*known, "--classes", "angry,happy"]) == 2
    assert "--classes names 2; " in capsys.readouterr().err
    assert main([*known, "--classes", ",".join(EMOTIONS)]) == 0
    card = load_bundle(tmp_path / "out").card
    assert (card.input.side_px, card.input.value_range) == (32, (0, 1))


def test_how_wide_faces_are_cut_may_be_said_and_outlives_another_conversion(
    bundle: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--data", str(small_fer), "--max-loss", "100"]
    assert main([str(bundle), *command, "--out", str(tmp_path / "wide"), "--crop-margin", "0.05"]) == 0
    assert main([str(tmp_path / "wide"), *command, "--out", str(tmp_path / "again")]) == 0
    assert load_bundle(tmp_path / "again").card.input.crop_margin == 0.05
    with pytest.raises(SystemExit):
        main([str(bundle), *command, "--out", str(tmp_path / "no"), "--crop-margin", "-0.5"])
    assert "'-0.5'; expected a share above -0.5" in capsys.readouterr().err
