import json
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edge.bench import bench, faces_agree, format_bench
from edge.cli import main
from edge.errors import CameraError, ConfigError, MienError
from edge.records import Box

HERE, NEARLY, THERE = Box(100, 100, 50, 50), Box(110, 105, 50, 50), Box(300, 100, 50, 50)


def test_frames_agree_where_one_of_our_boxes_overlaps_one_of_theirs() -> None:
    assert faces_agree([[NEARLY]], [[HERE]]) == 1
    assert faces_agree([[THERE, NEARLY]], [[HERE]]) == 1
    assert faces_agree([[HERE]], [[THERE, NEARLY]]) == 1, "of a false face of theirs there is no talk"
    assert faces_agree([[THERE]], [[HERE]]) == 0
    assert faces_agree([[]], [[HERE]]) == 0


def test_frames_in_which_the_plain_loop_finds_nothing_do_not_count() -> None:
    assert faces_agree([[HERE], [], [HERE], []], [[HERE], [], [], [HERE]]) == 0.5


def test_without_any_face_of_the_plain_loop_there_is_no_share() -> None:
    assert faces_agree([[HERE], []], [[], []]) is None


def test_the_least_overlap_is_four_tenths() -> None:
    shifted = [Box(100 + shift, 100, 100, 100) for shift in (42, 43)]
    assert [round(Box(100, 100, 100, 100).overlap(box), 3) for box in shifted] == [0.408, 0.399]
    assert [faces_agree([[box]], [[Box(100, 100, 100, 100)]]) for box in shifted] == [1, 0]


def test_a_run_over_a_clip_gives_every_figure_of_the_contract(clip: Path) -> None:
    words = ["bench", "--source", f"file:{clip}", "--frames", "20", "--json"]
    done = subprocess.run([sys.executable, "-m", "edge.cli", *words], check=True, capture_output=True)
    figures = json.loads(done.stdout)
    assert figures["frames"] == 20
    assert figures["faces_agree"] == 1
    assert 0 < figures["cpu_ms_per_frame"] < figures["plain_cpu_ms_per_frame"]
    assert figures["fps"] > 0 and figures["latency_p95_ms"] > 0 and 20 < figures["rss_mb"] < 400
    assert list(figures["stages"]) == ["capture", "search", "classify", "mood", "publish"]
    for stage in figures["stages"].values():
        assert 0 < stage["median"] <= stage["p95"]
        assert 0 < stage["cpu_median"] <= stage["cpu_p95"]
    assert figures["camera_fps"] == 15
    assert figures["cpu_percent"] == pytest.approx(figures["cpu_ms_per_frame"] * 1.5, abs=0.01)
    assert figures["idle_cpu_percent"] is None and figures["wake_s"] is None, "of another's clip nobody knows"
    assert {"python", "opencv", "mien"} < set(figures["versions"])
    assert format_bench(figures).splitlines()[0].startswith("20 frames of 640x480 on ")
    assert set(figures["networks_ms"]) == {"mien", "mini_xception"}
    is_quick = figures["networks_ms"]["mien"] <= figures["quick_enough_ms"]
    assert figures["auto"] == ("mien" if is_quick else "mini_xception")
    assert f"auto is {figures['auto']}" in format_bench(figures)


def test_the_made_clip_tells_of_an_empty_room_and_of_waking_and_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "bench.svg"
    assert main(["bench", "--frames", "8", "--faces", "3", "--plot", str(plot), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["faces_per_frame"] > 1.5
    assert 0 < figures["idle_cpu_percent"] < figures["cpu_percent"] < 100
    assert 0 < figures["wake_s"] <= 0.5
    shown = format_bench(figures)
    assert "empty room" in shown and "wakes" in shown
    texts = [text.text or "" for text in ElementTree.parse(plot).iter("{http://www.w3.org/2000/svg}text")]
    assert "search" in texts and "plain loop" in texts and any("8 frames of 640x480" in text for text in texts)
    assert main(["bench", "--frames", "2", "--plot", str(plot)]) == 2
    assert "--force" in capsys.readouterr().err


def test_in_real_time_a_source_takes_its_time_and_what_it_costs_is_measured(clip: Path) -> None:
    begun_s = time.monotonic()
    figures = bench(f"file:{clip}", "mini_xception", 2, lambda done: None, paced=True)
    assert time.monotonic() - begun_s > 1.9
    assert figures["paced"] and 0 < figures["cpu_percent"] < 100
    assert "in real time" in format_bench(figures)


def test_a_picture_of_another_kind_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(MienError, match=r"--plot is .*bench.png; expected a name that ends in \.svg"):
        bench(None, "mini_xception", 5, lambda done: None, plot=tmp_path / "bench.png")


def test_a_hot_machine_that_slows_down_is_named(tmp_path: Path, astronaut_picture: Path) -> None:
    figures = bench(f"file:{astronaut_picture}", "mini_xception", 1, lambda done: None)
    figures |= {"temperature_c": 61.0, "temperature_after_c": 84.0}
    figures["throttling"] = {"now": ["throttled"], "before": ["throttled"]}
    assert "61 degrees Celsius before, 84 after; NOT AT FULL SPEED: throttled" in format_bench(figures)


def test_figures_without_faces_can_be_told(tmp_path: Path, empty_room: object) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "room.png"), empty_room)  # type: ignore[call-overload]
    done: list[int] = []
    figures = bench(f"file:{tmp_path}", "mini_xception", 5, done.append)
    assert figures["faces_agree"] is None and done == [1]
    assert "the plain loop found none" in format_bench(figures)


def test_a_source_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="is not there"):
        bench(f"file:{tmp_path}/none.mp4", "mini_xception", 5, lambda done: None)
    with pytest.raises(ConfigError, match=r"camera\.source is 'clip\.mp4'"):
        bench("clip.mp4", "mini_xception", 5, lambda done: None)
