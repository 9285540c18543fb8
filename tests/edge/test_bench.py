import json
from pathlib import Path

import pytest

from edge.bench import bench, faces_agree, format_bench
from edge.cli import main
from edge.errors import CameraError, ConfigError
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


def test_a_run_over_a_clip_gives_every_figure_of_the_contract(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--source", f"file:{clip}", "--frames", "20", "--json"]) == 0
    captured = capsys.readouterr()
    figures = json.loads(captured.out)
    assert figures["frames"] == 20
    assert figures["faces_agree"] == 1
    assert 0 < figures["cpu_ms_per_frame"] < figures["plain_cpu_ms_per_frame"]
    assert figures["fps"] > 0 and figures["latency_p95_ms"] > 0 and 20 < figures["rss_mb"] < 2000
    assert list(figures["stages"]) == ["capture", "search", "classify", "mood", "publish"]
    for stage in figures["stages"].values():
        assert 0 < stage["median"] <= stage["p95"]
    assert format_bench(figures).splitlines()[0].startswith("20 frames of 640x480 on ")


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
