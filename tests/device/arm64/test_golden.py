"""The stored scores belong to the shipped bundle, so that the arm64 root is compared with what we ship."""

import json

from tests.device.arm64.golden import GOLDEN_FILE, differences, measure


def test_the_stored_scores_are_those_of_the_shipped_bundle() -> None:
    again = "python tests/device/arm64/golden.py --write"
    assert not differences(json.loads(GOLDEN_FILE.read_text()), measure()), (
        f"after a change of the bundle: {again}"
    )


def test_a_score_that_moved_is_told() -> None:
    golden = json.loads(GOLDEN_FILE.read_text())
    found = json.loads(GOLDEN_FILE.read_text())
    found["networks"]["mien"]["scores"]["smile calm 64"][0] += 0.02
    assert [line.split(":")[0] for line in differences(golden, found)] == ["mien, smile calm 64"]


def test_another_model_is_told_with_the_way_out() -> None:
    golden = json.loads(GOLDEN_FILE.read_text())
    other = golden["networks"]["mien"] | {"model_sha256": "0" * 64}
    (line,) = differences(golden, golden | {"networks": golden["networks"] | {"mien": other}})
    assert "another mien" in line and "--write" in line
