"""What the tests of the device share."""

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import settings

from edge.emotion.bundle import CARD_FILE, load_bundle
from edge.emotion.classifier import Classifier
from edge.records import Gray

# A slow machine is no failure.
settings.register_profile("mien", deadline=None)
settings.load_profile("mien")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    """The shipped bundle. Nothing may be written to it."""
    return load_bundle("mini_xception").folder


@pytest.fixture(scope="session")
def classifier(bundle_folder: Path) -> Classifier:
    return Classifier.open(load_bundle(bundle_folder))


@pytest.fixture
def make_bundle(bundle_folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copy the shipped bundle, as a device has it, with changes to its card: `{"input.side_px": 48}`."""

    def make(changes: dict[str, Any] | None = None) -> Path:
        folder = tmp_path / "bundle"
        shutil.copytree(bundle_folder, folder, ignore=shutil.ignore_patterns("*.keras"))
        card = json.loads((folder / CARD_FILE).read_text())
        for field, value in (changes or {}).items():
            *tables, key = field.split(".")
            place = card
            for table in tables:
                place = place[table]
            place[key] = value
        (folder / CARD_FILE).write_text(json.dumps(card))
        return folder

    return make


@pytest.fixture(scope="session")
def mien() -> Run:
    """Run the command `mien` as its users do."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)

    return run


@pytest.fixture
def fake_picamera2(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand-ins for libcamera and Picamera2; gives the former, in whose `sensors` cameras are plugged."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "fakes")
    for name in ("libcamera", "picamera2"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("libcamera")
    for name in ("libcamera", "picamera2"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def room(astronaut: Gray) -> Callable[..., Gray]:
    """A frame of 640x480 with the astronaut's face, 96 pixels wide, at each place given (its upper left)."""

    def make(*places: tuple[int, int]) -> Gray:
        frame = np.full((480, 640), 110, np.uint8)
        left, top = 40, 50  # of the face within the patch
        patch = astronaut[66 - top : 66 + 140, 177 - left : 177 + 140]
        for x, y in places:
            x0, y0 = x - left, y - top
            part = patch[max(0, -y0) : 480 - y0, max(0, -x0) : 640 - x0]
            frame[max(0, y0) : max(0, y0) + part.shape[0], max(0, x0) : max(0, x0) + part.shape[1]] = part
        return cv2.GaussianBlur(frame, (3, 3), 0)  # type: ignore[return-value]

    return make
