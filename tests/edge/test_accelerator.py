import importlib.metadata
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config import ModelConfig
from edge.emotion.accelerator import CANARY_INTERVAL_S, Accelerator
from edge.emotion.bundle import EDGETPU_FILE, MODEL_FILE, load_bundle
from edge.emotion.canary import TOLERANCE_STEPS, make_canaries
from edge.emotion.classifier import Classifier
from edge.emotion.delegates import LIBRARY_VARIABLE
from edge.records import Box, Gray
from edge.stages import Stages
from tests.conftest import wait_until
from tests.edge.delegate.compiled import compile_bundle, compiled, sign, slow_down
from tests.edge.delegate.rig import (
    Machine,
    build_stand_in,
    install_googles_pycoral,
    install_unrelated_pycoral,
    make_machine,
)

FACE = Box(177, 66, 96, 96)
RETRY_S = 600.0

Make = Callable[..., Path]
Open = Callable[..., Accelerator]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without a stick."""
    return make_machine(tmp_path)


@pytest.fixture
def coral(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with a stick and its library, all well."""
    monkeypatch.setenv(LIBRARY_VARIABLE, str(build_stand_in()))
    monkeypatch.delenv("MIEN_STAND_IN", raising=False)
    machine.plug_in_stick()
    return machine


@pytest.fixture
def folder(make_bundle: Make) -> Path:
    """A bundle with a compiled model."""
    path = make_bundle()
    compile_bundle(path)
    return path


@pytest.fixture
def open_accelerator(machine: Machine) -> Iterator[Open]:
    opened: list[Accelerator] = []

    def open_one(folder: Path, asked: str = "edgetpu", failed_before: str | None = None) -> Accelerator:
        model = ModelConfig.model_validate({"accelerator": asked, "retry_s": RETRY_S})
        places: dict[str, Any] = {"sysfs": machine.sysfs, "dev": machine.dev}
        opened.append(Accelerator(load_bundle(folder), model, Stages(), failed_before, **places))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages; what is imported from it as pycoral is forgotten again."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield tmp_path / "site"
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycoral"]:
        del sys.modules[name]


def settled(accelerator: Accelerator, now_s: float | None = None) -> Accelerator:
    """Tend it, as the loop does, until the background work is done and its outcome is told."""
    accelerator.tend(time.monotonic() if now_s is None else now_s)
    assert wait_until(lambda: "coral" not in {thread.name for thread in threading.enumerate()})
    accelerator.tend(time.monotonic() if now_s is None else now_s)
    return accelerator


def happy(accelerator: Accelerator, astronaut: Gray) -> bool:
    return accelerator.scores(astronaut, FACE)["happy"] > 0.5


def test_the_cpu_serves_until_the_coral_takes_over_between_two_frames(
    coral: Machine, folder: Path, open_accelerator: Open, astronaut: Gray
) -> None:
    accelerator = open_accelerator(folder)
    assert happy(accelerator, astronaut)
    assert accelerator.report.in_use == "cpu", "nobody has tended it yet"
    assert wait_until(lambda: accelerator.tend(time.monotonic()))
    report = accelerator.report
    assert (report.asked, report.in_use, report.problem) == ("edgetpu", "edgetpu", None)
    assert report.cpu_ms and report.edgetpu_ms
    version = importlib.metadata.version("ai-edge-litert")
    assert report.library == f"{os.environ[LIBRARY_VARIABLE]} through ai-edge-litert {version}"
    assert happy(accelerator, astronaut)
    assert not accelerator.tend(time.monotonic()), "told once"


def test_the_coral_really_computes(
    coral: Machine, folder: Path, open_accelerator: Open, astronaut: Gray, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerator = settled(open_accelerator(folder))
    monkeypatch.setenv("MIEN_STAND_IN", "wrong")
    assert not happy(accelerator, astronaut)


def test_auto_takes_the_coral_where_it_is_quicker(coral: Machine, folder: Path, open_accelerator: Open) -> None:
    slow_down(folder)
    report = settled(open_accelerator(folder, "auto")).report
    assert report.cpu_ms and report.edgetpu_ms and report.edgetpu_ms < report.cpu_ms
    assert (report.in_use, report.problem) == ("edgetpu", None)


def test_auto_stays_with_the_cpu_where_that_is_quicker_and_tells_both_times(
    coral: Machine, folder: Path, open_accelerator: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", "slow")
    report = settled(open_accelerator(folder, "auto")).report
    assert report.cpu_ms and report.edgetpu_ms and report.cpu_ms < 30 <= report.edgetpu_ms
    assert (report.in_use, report.problem) == ("cpu", None)


def test_edgetpu_takes_the_coral_even_where_it_is_slower(
    coral: Machine, folder: Path, open_accelerator: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", "slow")
    assert settled(open_accelerator(folder, "edgetpu")).report.in_use == "edgetpu"


def test_cpu_leaves_the_coral_alone(
    coral: Machine, folder: Path, open_accelerator: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", "crash_open")
    accelerator = open_accelerator(folder, "cpu", failed_before="the last process crashed")
    report = settled(accelerator, time.monotonic() + 2 * RETRY_S).report
    assert (report.in_use, report.problem) == ("cpu", None)


def test_without_a_coral_auto_expects_nothing_and_starts_nothing(
    machine: Machine, make_bundle: Make, open_accelerator: Open
) -> None:
    before = threading.active_count()
    accelerator = open_accelerator(make_bundle(), "auto")
    assert threading.active_count() == before
    assert not accelerator.tend(time.monotonic())
    assert (accelerator.report.in_use, accelerator.report.problem) == ("cpu", None)


def test_a_coral_that_is_plugged_in_later_is_found(
    coral: Machine, folder: Path, open_accelerator: Open
) -> None:
    slow_down(folder)
    stick = coral.sysfs / "bus/usb/devices/2-1"
    stick.rename(coral.sysfs / "unplugged")
    accelerator = settled(open_accelerator(folder, "auto"))
    assert accelerator.report.in_use == "cpu"
    (coral.sysfs / "unplugged").rename(stick)
    assert settled(accelerator, time.monotonic() + RETRY_S).report.in_use == "edgetpu"
    assert accelerator.report.problem is None


@pytest.mark.parametrize("asked", ["auto", "edgetpu"])
def test_a_coral_without_a_compiled_model_is_said_with_the_command(
    asked: str, coral: Machine, make_bundle: Make, open_accelerator: Open, astronaut: Gray
) -> None:
    bundle = make_bundle()
    accelerator = settled(open_accelerator(bundle, asked))
    problem = accelerator.report.problem
    assert problem and f"{bundle} holds no {EDGETPU_FILE}" in problem
    assert f"mien-convert edgetpu {bundle.name}" in problem and "x86-64" in problem
    assert happy(accelerator, astronaut)


def test_a_compiled_model_of_another_card_is_not_used(
    coral: Machine, make_bundle: Make, open_accelerator: Open
) -> None:
    bundle = make_bundle()
    (bundle / EDGETPU_FILE).write_bytes(compiled((bundle / MODEL_FILE).read_bytes()))
    problem = settled(open_accelerator(bundle)).report.problem
    assert problem and f"holds no {EDGETPU_FILE} of its card" in problem


def test_a_compiled_model_whose_tensors_are_not_the_cards_is_refused(
    coral: Machine, folder: Path, open_accelerator: Open
) -> None:
    (folder / EDGETPU_FILE).write_bytes(compiled((folder / MODEL_FILE).read_bytes(), input_zero_point=5))
    sign(folder, EDGETPU_FILE)
    problem = settled(open_accelerator(folder)).report.problem
    assert problem and f"{EDGETPU_FILE}: input.quantization.zero_point is 5; the card expects -1" in problem


@pytest.mark.parametrize("asked", ["auto", "edgetpu"])
def test_a_coral_without_the_library_is_said_with_the_package(
    asked: str, coral: Machine, folder: Path, open_accelerator: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "libedgetpu-that-is-missing.so.1")
    problem = settled(open_accelerator(folder, asked)).report.problem
    assert problem and "libedgetpu-that-is-missing.so.1 cannot be loaded" in problem
    assert "libedgetpu1-std" in problem


def test_a_coral_that_was_asked_for_and_is_missing_is_said(
    machine: Machine, make_bundle: Make, open_accelerator: Open, astronaut: Gray
) -> None:
    accelerator = settled(open_accelerator(make_bundle()))
    problem = accelerator.report.problem
    assert problem and problem.startswith("no Coral is found; plug it into a USB 3 port")
    assert "1a6e:089a or 18d1:9302" in problem
    assert happy(accelerator, astronaut)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("fail_open", "did not open the Coral (no reason given); is another program using it?"),
        ("fail_apply", f"{EDGETPU_FILE} cannot be run on the Coral ("),
        ("fail", "the Coral failed at its first faces: stand-in: the transfer to the stick failed"),
        ("wrong", "the Coral answers wrong: "),
    ],
)
def test_a_coral_that_does_not_pass_never_serves_and_is_tried_again(
    fault: str,
    expected: str,
    coral: Machine,
    folder: Path,
    open_accelerator: Open,
    astronaut: Gray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", fault)
    accelerator = settled(open_accelerator(folder))
    assert accelerator.report.in_use == "cpu"
    assert accelerator.report.problem and expected in accelerator.report.problem
    assert "\n" not in accelerator.report.problem
    assert happy(accelerator, astronaut)
    monkeypatch.delenv("MIEN_STAND_IN")
    now_s = time.monotonic()
    assert settled(accelerator, now_s + RETRY_S - 60).report.in_use == "cpu"
    assert settled(accelerator, now_s + RETRY_S + 60).report.in_use == "edgetpu"
    assert accelerator.report.problem is None


def test_a_face_at_which_the_coral_fails_is_classified_by_the_cpu(
    coral: Machine,
    folder: Path,
    open_accelerator: Open,
    astronaut: Gray,
    classifier: Classifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accelerator = settled(open_accelerator(folder))
    monkeypatch.setenv("MIEN_STAND_IN", "fail")
    assert accelerator.scores(astronaut, FACE) == classifier.scores(astronaut, FACE)
    assert accelerator.report.in_use == "cpu"
    problem = accelerator.report.problem
    assert problem and "failed while it served: stand-in: the transfer to the stick failed" in problem
    assert f"tried again every {RETRY_S:g} s" in problem
    assert accelerator.tend(time.monotonic()), "the change is told"
    monkeypatch.delenv("MIEN_STAND_IN")
    assert settled(accelerator).report.in_use == "cpu", "left alone for a while"
    assert settled(accelerator, time.monotonic() + RETRY_S + 1).report.in_use == "edgetpu"


@pytest.mark.parametrize(
    ("fault", "expected"), [("wrong", "answers wrong: "), ("fail", "failed while it served: ")]
)
def test_a_serving_coral_is_put_out_by_the_next_canary(
    fault: str,
    expected: str,
    coral: Machine,
    folder: Path,
    open_accelerator: Open,
    astronaut: Gray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accelerator = settled(open_accelerator(folder))
    now_s = time.monotonic()
    accelerator.tend(now_s + CANARY_INTERVAL_S)
    assert accelerator.report.in_use == "edgetpu", "it answers right"
    monkeypatch.setenv("MIEN_STAND_IN", fault)
    assert accelerator.tend(now_s + 2.1 * CANARY_INTERVAL_S)
    assert accelerator.report.in_use == "cpu"
    assert accelerator.report.problem and expected in accelerator.report.problem
    assert happy(accelerator, astronaut)


def test_a_coral_in_which_the_last_process_died_is_left_alone_for_a_while(
    coral: Machine, folder: Path, open_accelerator: Open, astronaut: Gray
) -> None:
    story = "the last process ended in the stage classify on edgetpu"
    accelerator = settled(open_accelerator(folder, "auto", failed_before=story))
    slow_down(folder)
    report = accelerator.report
    assert report.in_use == "cpu" and report.problem and report.problem.startswith(story)
    assert happy(accelerator, astronaut)
    again = settled(accelerator, time.monotonic() + RETRY_S + 1).report
    assert again.problem is None and again.edgetpu_ms


def test_googles_pycoral_is_used_where_it_is_installed(
    coral: Machine, folder: Path, open_accelerator: Open, site: Path
) -> None:
    install_googles_pycoral(site)
    report = settled(open_accelerator(folder)).report
    assert report.in_use == "edgetpu"
    assert report.library and report.library.endswith("through pycoral 2.0.0")


def test_an_unusable_pycoral_of_google_is_passed_over(
    coral: Machine, folder: Path, open_accelerator: Open, site: Path
) -> None:
    install_googles_pycoral(site)
    (site / "pycoral/utils/edgetpu.py").write_text("import a_runtime_that_is_missing\n")
    report = settled(open_accelerator(folder)).report
    assert report.in_use == "edgetpu"
    assert report.library and "through ai-edge-litert" in report.library


def test_the_unrelated_pycoral_is_named_beside_what_is_wrong(
    machine: Machine, folder: Path, open_accelerator: Open, site: Path
) -> None:
    install_unrelated_pycoral(site)
    problem = settled(open_accelerator(folder)).report.problem
    assert problem and problem.startswith("no Coral is found")
    assert "pycoral 0.2.0 (Simple CLI for Allen Coral Atlas) is not Google's" in problem


def test_closing_lets_the_coral_go_and_leaves_the_cpu(
    coral: Machine, folder: Path, open_accelerator: Open, astronaut: Gray
) -> None:
    accelerator = settled(open_accelerator(folder))
    accelerator.close()
    assert accelerator.report.in_use == "cpu"
    assert happy(accelerator, astronaut)
    assert "coral" not in {thread.name for thread in threading.enumerate()}


def test_the_canaries_are_clear_and_of_more_than_one_class(classifier: Classifier) -> None:
    canaries = make_canaries(classifier)
    assert len({canary.label for canary in canaries}) >= 2
    assert min(canary.clearness_steps for canary in canaries) > 2 * TOLERANCE_STEPS


def test_a_network_that_sees_one_class_only_still_gets_canaries_that_differ(make_bundle: Make) -> None:
    class OneClass(Classifier):
        """Always sure of the first class, and less or more of it by brightness."""

        def quantized(self, face: Gray) -> Any:
            rest = int(face.mean()) // 8
            return np.array([100 - rest, rest - 128, *[-128] * 5], np.int8)

    answers = [canary.answer.tolist() for canary in make_canaries(OneClass.open(load_bundle(make_bundle())))]
    assert len(answers) == 4
    assert answers[0] != answers[1]


def test_a_compiled_model_in_the_place_of_the_plain_one_is_named(make_bundle: Make) -> None:
    bundle = make_bundle()
    (bundle / MODEL_FILE).write_bytes(compiled((bundle / MODEL_FILE).read_bytes()))
    sign(bundle, MODEL_FILE)
    with pytest.raises(ValueError, match=rf"{MODEL_FILE} is compiled for the Edge TPU; .*{EDGETPU_FILE}$"):
        Classifier.open(load_bundle(bundle))
