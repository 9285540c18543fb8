"""What the page is made of: nothing while nobody watches, and then what is seen."""

import gc
import io
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from edge.assembly import make_pipeline
from edge.config import Config, QualityConfig, ViewConfig, parse_config
from edge.emotion.classifier import Classifier
from edge.errors import ConfigError
from edge.pipeline import Pipeline, Processed
from edge.records import Box, Frame, Gray, Reading, Scene
from edge.view.minutes import STEP_S, STEPS, Minutes
from edge.view.observer import Observer
from edge.view.snapshot import Facts, take_moods, take_snapshot
from edge.view.terminal import render

FACTS = Facts("lab", "online", {}, "a camera", "cpu", None, "localhost:1883", True, 0, False)


class Silent:
    def publish(self, frame: Frame, readings: list[Reading], scene: Scene) -> None:
        pass


@pytest.fixture
def pipeline(classifier: Classifier) -> Pipeline:
    return make_pipeline(Config(), classifier, Silent())  # type: ignore[arg-type]


def frame_of(gray: Gray, number: int = 0) -> Frame:
    return Frame(gray, number / 15, number / 15, number)


def watch(observer: Observer, pipeline: Pipeline, gray: Gray, frames: int = 4) -> None:
    observer.look()
    for number in range(frames):
        frame = frame_of(gray, number)
        observer.see(frame, pipeline.process(frame))


def test_while_nobody_watches_no_picture_is_kept(empty_room: Gray) -> None:
    observer, frame = Observer(), frame_of(empty_room.copy())
    kept = weakref.ref(frame.gray)
    observer.see(frame, Processed([], [], {}))
    del frame
    gc.collect()
    assert kept() is None
    assert observer.look() is None


def test_the_picture_is_let_go_when_the_last_one_has_looked(
    empty_room: Gray,
) -> None:
    observer = Observer()
    observer.look()
    observer.see(frame_of(empty_room), Processed([], [], {}))
    assert observer.look()
    observer._asked_s -= 60
    observer.see(frame_of(empty_room), Processed([], [], {}))
    assert observer._newest is None


def test_a_closed_camera_shows_nothing(empty_room: Gray) -> None:
    observer = Observer()
    observer.look()
    observer.see(frame_of(empty_room), Processed([], [], {}))
    observer.forget()
    assert observer.look() is None


def test_a_face_is_told_with_its_emotion_and_what_was_searched(astronaut: Gray, pipeline: Pipeline) -> None:
    observer = Observer()
    watch(observer, pipeline, astronaut)
    scene = take_snapshot(observer.look(), observer, FACTS, ViewConfig())
    (face,) = scene["frame"]["faces"]
    assert face["emotion"] == "happy" and face["confidence"] > 0.8 and face["reason"] is None
    assert Box(*face["box"]).overlap(Box(177, 66, 96, 96)) > 0.4
    assert scene["frame"]["searched"] in ("full", "windows")
    assert all(0 <= x and 0 <= y and x + w <= 512 and y + h <= 512 for x, y, w, h in scene["frame"]["windows"])
    assert set(scene["stages"]) == {"search", "classify", "mood", "publish"}
    assert take_moods(observer)["seen"][-1]["shares"].get("happy", 0) > 0.5


def test_the_quality_gate_says_why_a_face_cannot_be_read(astronaut: Gray, classifier: Classifier) -> None:
    config = Config(quality=QualityConfig(min_face_px=400))
    pipeline, observer = make_pipeline(config, classifier, Silent()), Observer()  # type: ignore[arg-type]
    watch(observer, pipeline, astronaut)
    scene = take_snapshot(observer.look(), observer, FACTS, ViewConfig())
    assert [face["reason"] for face in scene["frame"]["faces"]] == ["small"]


@pytest.mark.parametrize(("width_px", "most_bytes"), [(64, 3_000), (320, 20_000)])
def test_a_picture_is_small_and_grey(
    astronaut: Gray, pipeline: Pipeline, width_px: int, most_bytes: int
) -> None:
    import base64

    import cv2
    import numpy as np

    observer = Observer()
    watch(observer, pipeline, astronaut)
    config = ViewConfig(picture_width_px=width_px)
    scene = take_snapshot(observer.look(), observer, FACTS, config)
    kind, _, text = scene["frame"]["picture"].partition(",")
    data = base64.b64decode(text)
    assert kind == "data:image/jpeg;base64" and len(data) < most_bytes
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED).shape == (width_px, width_px)


def test_minutes_keep_ten_minutes_and_no_more() -> None:
    minutes = Minutes()
    for tenth in range(STEPS * STEP_S * 20):
        minutes.add(["happy", "happy", "sad"], tenth / 10)
    shares = minutes.shares(STEPS * STEP_S * 2 - 0.1)
    assert len(shares) == STEPS
    assert shares[-1][0] == 0
    assert shares[-1][1] == {"happy": pytest.approx(2 / 3), "sad": pytest.approx(1 / 3)}


def test_a_pause_counts_for_a_second_and_old_steps_are_left_out() -> None:
    minutes = Minutes()
    minutes.add(["happy"], 0.0)
    minutes.add(["happy"], 4000.0)
    assert minutes.shares(4000.0) == [(0, {"happy": 1.0})]
    minutes.add([], 4010.0)
    assert minutes.shares(4010.0)[-1] == (0, {})


def test_privacy_shows_nothing_from_the_moment_that_it_is_on(astronaut: Gray, pipeline: Pipeline) -> None:
    observer = Observer()
    watch(observer, pipeline, astronaut)
    private = replace(FACTS, is_private=True)
    assert take_snapshot(observer.look(), observer, private, ViewConfig())["frame"] is None
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(render(observer, private, ViewConfig(), console))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    assert "privacy is on" in drawn and "▀" not in drawn and "happy" not in drawn


@pytest.mark.parametrize("has_pictures", [True, False])
def test_a_terminal_shows_the_box_and_the_picture_only_where_it_may(
    astronaut: Gray, pipeline: Pipeline, has_pictures: bool
) -> None:
    observer = Observer()
    watch(observer, pipeline, astronaut)
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=80, height=40)
    config = ViewConfig(pictures=has_pictures)
    console.print(render(observer, FACTS, config, console))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    assert drawn.count("▀") > 500
    assert "happy" in drawn and "localhost:1883 connected" in drawn and "milliseconds: search" in drawn
    greys = {part.partition("m")[0] for part in drawn.split("\x1b[38;2;")[1:]}
    assert (len(greys) > 50) == has_pictures


def test_a_terminal_says_that_nothing_is_to_be_seen_yet() -> None:
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(render(Observer(), FACTS, ViewConfig(), console))
    assert "no picture yet" in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", ["living-room", "", "0.0.0.0.0", "http://127.0.0.1"])
def test_a_host_that_is_no_address_is_refused_in_one_line(host: str) -> None:
    with pytest.raises(ConfigError, match="view.host"):
        parse_config({"view": {"host": host}})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--terminal"], "standard output is none"),
        (["--host", "here"], "view.host"),
        (["--port", "70000"], "view.port"),
        (["--minutes", "9999"], "view.minutes"),
    ],
)
def test_what_cannot_be_viewed_is_refused_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from edge.cli import main

    assert main(["view", *arguments]) == 2
    said = capsys.readouterr().err
    assert complaint in said and len(said.splitlines()) == 1


def test_the_link_of_the_service_is_for_root_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edge.view.link import leave_link, make_link, read_link, remove_link

    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    link = make_link(ViewConfig(host="0.0.0.0"), 8780, "secret")
    assert "0.0.0.0" not in link.address, "a phone cannot go there"
    assert leave_link(link)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_link(tmp_path) == link
    shown = link.as_text()
    assert "█" in shown and "not encrypted" in shown
    remove_link()
    assert not list(tmp_path.iterdir())


def test_what_is_left_out_of_the_network_has_no_qr_code_but_a_way_by_ssh() -> None:
    from edge.view.link import make_link

    shown = make_link(ViewConfig(), 8781, "secret").as_text()
    assert "ssh -L 8781:127.0.0.1:8781" in shown and "█" not in shown
    assert make_link(ViewConfig(host="::1"), 8781, "secret").address.startswith("http://[::1]:8781/")


def test_a_phone_can_read_the_link(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    from edge.view.link import make_link

    link = make_link(ViewConfig(host="0.0.0.0"), 8780, "mHj3_xw-K2f9sQ")
    lines = [line for line in link.as_text().splitlines() if line and set(line) <= set(" ▀▄█")]
    halves = [[letter in both for letter in line] for line in lines for both in ("▀█", "▄█")]
    picture = np.kron(np.array(halves, np.uint8) * 255, np.ones((6, 6), np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == link.address
