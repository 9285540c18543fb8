"""Which network reads faces where the owner leaves it open."""

import itertools
import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import Config
from edge.emotion import choice
from edge.emotion.bundle import BEST_BUNDLE, SMALL_BUNDLE, load_bundle
from edge.emotion.choice import choose_bundle, time_of_face_ms
from edge.emotion.classifier import Classifier
from edge.resources import resource_folder


def test_a_quick_machine_runs_the_best_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "QUICK_ENOUGH_MS", 10_000.0)
    chosen = choose_bundle("auto")
    assert chosen.bundle == load_bundle(BEST_BUNDLE)
    assert "quick enough (at most 10000 ms)" in str(chosen)


def test_a_slow_machine_runs_the_small_one_and_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "QUICK_ENOUGH_MS", 0.001)
    chosen = choose_bundle("auto")
    assert chosen.bundle == load_bundle(SMALL_BUNDLE)
    assert str(chosen).startswith("mini_xception, by itself: mien takes ")
    assert "too slow (at most 0.001 ms)" in str(chosen)


def test_what_the_owner_names_is_taken_whatever_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "QUICK_ENOUGH_MS", 0.001)
    for name in (BEST_BUNDLE, SMALL_BUNDLE):
        assert str(choose_bundle(name)) == choose_bundle(name).bundle.card.name == name


def test_pictures_wait_and_so_get_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "QUICK_ENOUGH_MS", 0.001)
    assert choose_bundle("auto", in_real_time=False).bundle.card.name == BEST_BUNDLE


def test_a_checkout_called_mien_stands_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo mien/systemd/install.sh` runs `mien doctor` beside one."""
    (tmp_path / "mien").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_bundle("mien").folder == load_bundle(resource_folder("models") / "mien").folder
    assert choose_bundle("auto", in_real_time=False).bundle.card.name == BEST_BUNDLE


def test_a_bundle_of_ones_own_may_be_called_as_a_shipped_one_but_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(load_bundle(SMALL_BUNDLE).folder, tmp_path / "mien")
    monkeypatch.chdir(tmp_path)
    assert load_bundle("mien").card.name == SMALL_BUNDLE
    assert choose_bundle("auto", in_real_time=False).bundle.card.name == BEST_BUNDLE


def test_other_work_on_the_machine_changes_no_choice() -> None:
    """One run of ten is undisturbed: it says what the machine can do."""
    lengths_s = [0.3, 0.2, 0.004, *[0.5] * 7]
    ticks = itertools.accumulate(itertools.chain.from_iterable((0.0, length) for length in lengths_s))
    classifier = Classifier.open(load_bundle(SMALL_BUNDLE))
    assert time_of_face_ms(classifier, lambda: next(ticks)) == pytest.approx(4)


def test_auto_is_the_default_and_the_daemon_tells_what_it_took(clip: Path, tmp_path: Path) -> None:
    assert Config().model.bundle == "auto"
    config = tmp_path / "mien.toml"
    config.write_text(
        f'camera = {{ source = "file:{clip}" }}\npublish = {{ to = "log" }}\n'
        f'privacy = {{ folder = "{tmp_path}" }}\n'
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    infos = [
        message["payload"]
        for message in map(json.loads, ran.stdout.splitlines())
        if message["topic"].endswith("/info")
    ]
    name = infos[0]["model"]["name"]
    assert name in (BEST_BUNDLE, SMALL_BUNDLE)
    assert f"model {name}, by itself: mien takes " in ran.stderr


def test_in_virtual_time_every_run_takes_the_same(
    clip: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import threading

    from edge.config import parse_config
    from edge.service import run_daemon

    monkeypatch.setattr(choice, "QUICK_ENOUGH_MS", 0.001)
    config = parse_config({"camera": {"source": f"file:{clip}", "clock": "virtual"}, "publish": {"to": "log"}})
    with caplog.at_level(logging.INFO):
        run_daemon(config, threading.Event())
    assert f"model {BEST_BUNDLE}, card " in caplog.text
