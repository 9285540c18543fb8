"""What README shows must be what the product says, and it must name every folder."""

import json

from edge.emotion.bundle import BEST_BUNDLE
from edge.mqtt.payloads import State
from tests.pages.markdown import ROOT, blocks

README = ROOT / "README.md"


def test_the_message_of_the_readme_follows_the_schema() -> None:
    (text,) = blocks(README, "json")
    assert State.model_validate(json.loads(text)["payload"]).emotion == "happy"


def test_the_layout_of_the_readme_names_every_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    for folder in folders & {"edge", "convert", "training", "models", "systemd", "tests"}:
        assert f"{folder}/" in README.read_text()


def test_the_accuracy_of_the_readme_is_that_of_the_card() -> None:
    card = json.loads((ROOT / "models" / BEST_BUNDLE / "card.json").read_text())
    (look,) = [look for look in card["looks"] if look["split"] == "PrivateTest"]
    truths = look["metrics"]["int8"]["all"]
    for truth in ("raters", "raters_agree"):
        assert f"{100 * truths[truth]['accuracy']:.1f}%" in README.read_text(), truth
