"""What `mien timeline` draws of what was recorded."""

import json
import os
import re
import tempfile
import time
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cli import main
from edge.labels import EMOTIONS
from edge.timeline import Story, make_page, read_recording, tell_story
from edge.timeline.lanes import coarsen, gather, share_lanes
from edge.timeline.lines import Recording
from edge.timeline.patterns import Fills
from edge.timeline.story import Minute, Span
from edge.timeline.times import Clock, say_duration
from tests.edge.timeline.session import NOON_S, Session, an_afternoon, write


def story_of(path: Path, device: str = "hall") -> Story:
    return tell_story(device, read_recording(path, pytest.fail).devices[device])


def read(path: Path) -> tuple[Recording, list[str]]:
    said: list[str] = []
    return read_recording(path, said.append), said


def after_noon(spans: list[Span]) -> list[tuple[str, float, float]]:
    return [(span.name, span.begin_s - NOON_S, span.end_s - NOON_S) for span in spans]


@pytest.fixture
def afternoon(tmp_path: Path) -> Path:
    return write(tmp_path / "afternoon.jsonl", an_afternoon())


# What is read out of a recording


def test_the_device_is_followed_through_trouble_privacy_silence_and_its_end(afternoon: Path) -> None:
    assert after_noon(story_of(afternoon).status) == [
        ("online", 0, 1300),
        ("degraded", 1300, 1500),
        ("online", 1500, 2000),
        ("privacy", 2000, 4000),
        ("online", 4000, 4820),
        ("silent", 4820, 5395),
        ("online", 5395, 5400),
    ]


def test_each_face_has_its_expressions_from_its_coming_to_its_going(afternoon: Path) -> None:
    tracks = story_of(afternoon).tracks
    assert [track.number for track in tracks] == [1, 2, 3, 4]
    assert after_noon(list(tracks[3].spans)) == [
        ("happy", 4100, 4190),
        ("neutral", 4190, 4280),
        ("happy", 4280, 4370),
    ]


def test_a_state_holds_for_three_heartbeats_and_no_longer(tmp_path: Path) -> None:
    session = Session()
    session.status(0, "online")
    session.state(0, "happy", 2)
    for at_s in (60, 120, 180, 240):
        session.minute(at_s, 0)
    session.state(300)
    story = story_of(write(tmp_path / "a", session))
    assert after_noon(story.room) == [("happy", 0, 90)]
    assert after_noon(story.faces) == [("2", 0, 90)]


def test_nobody_is_there_while_nobody_looks(tmp_path: Path) -> None:
    session = Session()
    session.status(0, "online")
    session.face(5, "new", 1, "sad")
    session.state(10, "sad", 1)
    session.privacy(20, "ON")
    session.status(21, "privacy")
    session.state(60)
    session.privacy(80, "OFF")
    session.status(81, "online")
    session.state(82)
    story = story_of(write(tmp_path / "a", session))
    assert after_noon(story.room) == [("sad", 10, 20)]
    assert after_noon(list(story.tracks[0].spans)) == [("sad", 5, 20)]
    assert after_noon(story.status)[1] == ("privacy", 20, 81)


def test_a_killed_device_takes_its_faces_with_it_and_numbers_begin_anew(tmp_path: Path) -> None:
    first, second = Session(name="s1"), Session(name="s2")
    first.status(0, "online")
    first.face(10, "new", 1, "happy")
    first.state(40, "happy", 1)
    second.status(600, "online")
    second.face(610, "new", 1, "sad")
    second.face(640, "end", 1, "sad")
    story = story_of(write(tmp_path / "a", first, second))
    assert story.sessions == 2
    assert [after_noon(list(track.spans)) for track in story.tracks] == [
        [("happy", 10, 40)],
        [("sad", 610, 640)],
    ]
    assert ("silent", 70, 600) in after_noon(story.status)


def test_lines_without_times_of_their_own_have_those_of_the_messages_around(tmp_path: Path) -> None:
    session = Session(has_ts=False)
    session.status(0, "online")
    session.state(5, "happy", 1)
    session.state(20, "sad", 1)
    session.status(30, "degraded")
    session.state(50, "sad", 1)
    assert after_noon(story_of(write(tmp_path / "a", session)).status) == [
        ("online", 5, 20),
        ("degraded", 20, 50),
    ]


def test_what_waited_for_a_broker_goes_to_its_place_and_repeats_count_once(tmp_path: Path) -> None:
    session = Session()
    session.face(10, "new", 1, "happy")
    session.face(20, "end", 1, "happy")
    session.state(60)
    late = [session.lines[2], session.lines[0], session.lines[1], session.lines[0]]
    session.lines[:] = late
    story = story_of(write(tmp_path / "a", session))
    assert after_noon(list(story.tracks[0].spans)) == [("happy", 10, 20)]
    assert story.messages == 3


def test_fields_and_kinds_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    session = Session()
    session.state(0, "happy", 1)
    line = json.loads(session.lines[0])
    line["payload"] |= {"seq": 1, "blink": True}
    session.lines += [json.dumps(line), json.dumps({"topic": "mien/hall/gaze", "payload": {"x": 1}})]
    session.lines.append(json.dumps({"topic": "zigbee/lamp", "payload": "ON"}))
    assert story_of(write(tmp_path / "a", session)).messages == 2


BAD_LINES = {
    "no JSON": ("{broken", "it is not JSON"),
    "deep": ("[" * 100_000, "it is not JSON"),
    "no UTF-8": ("\udcff\udcfe", "it is not JSON"),
    "a list": ("[1]", 'expected {"topic": …, "payload": …}'),
    "no payload": ('{"topic": "mien/hall/state"}', 'expected {"topic": …, "payload": …}'),
    "a text for a state": ('{"topic": "mien/hall/state", "payload": "x"}', "state is 'x'"),
    "a status that is none": (
        '{"topic": "mien/hall/status", "payload": [1]}',
        "status is [1]; expected a text",
    ),
    "a time": ('{"ts": "noon", "topic": "mien/hall/status", "payload": "x"}', "ts is 'noon'; expected a time"),
    "a time that never comes": (
        '{"ts": "9999-12-31T23:59:59Z", "topic": "mien/hall/status", "payload": "x"}',
        "ts is '9999-12-31T23:59:59Z'; expected 1970 to 2199",
    ),
    "faces": ('{"topic": "mien/hall/state", "payload": {"faces": -1}}', "state.v is {'faces': -1}"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_counted_and_left_out(line: str, said: str, tmp_path: Path) -> None:
    good = Session()
    good.state(0)
    path = tmp_path / "a"
    path.write_bytes(os.fsencode(f"{good.lines[0]}\n\n{line}\n"))
    recording, lines = read(path)
    assert (recording.bad, recording.lines) == (1, 2)
    assert said in lines[0] and lines[0].endswith("; left out") and "line 2" in lines[0]


def test_of_many_bad_lines_the_first_are_named(tmp_path: Path) -> None:
    good = Session()
    good.state(0)
    (tmp_path / "a").write_text("{\n" * 100 + good.lines[0])
    recording, said = read(tmp_path / "a")
    assert (recording.bad, len(said)) == (100, 5)


# The page


class Outline(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def draw(path: Path, *options: str) -> str:
    page = path.with_suffix(".html")
    assert main(["timeline", str(path), "--out", str(page), *options]) == 0
    return page.read_text()


def test_the_page_needs_nothing_else_and_runs_nothing(afternoon: Path) -> None:
    outline = Outline(draw(afternoon))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in outline.tags}
    for _, attributes in outline.tags:
        assert not {"src", "href", "onload", "onclick"} & set(attributes)
    assert ("http-equiv", "Content-Security-Policy") in [
        item for tag, attributes in outline.tags if tag == "meta" for item in attributes.items()
    ]


def test_the_page_tells_in_tables_what_it_draws(afternoon: Path) -> None:
    outline = Outline(draw(afternoon))
    captions = re.findall("Apparent expressions|Not online|Faces", outline.text)
    assert captions == ["Apparent expressions", "Not online", "Faces"]
    assert "happy 67%, neutral 33%" in outline.text and "privacy" in outline.text
    drawings = [attributes for tag, attributes in outline.tags if tag == "svg" and "role" in attributes]
    assert [attributes["role"] for attributes in drawings] == ["img"]
    assert all("scope" in attributes for tag, attributes in outline.tags if tag == "th")


def test_every_expression_has_a_pattern_of_its_own_that_is_there(afternoon: Path) -> None:
    page = draw(afternoon)
    used = set(re.findall(r"url\(#(p\d+)\)", page))
    assert used and used <= set(re.findall(r'<pattern id="(p\d+)"', page))
    tiles = re.findall(r"<g [^>]*>(.*?)</g>", Fills([*EMOTIONS, "uncertain"]).definitions())
    assert len(set(tiles)) == len(EMOTIONS) + 1, "without colour they must differ, too"


def test_the_drawing_is_well_formed(afternoon: Path) -> None:
    svg = re.search(r'<svg viewBox.*?role="img".*?</svg>\s*</div>', draw(afternoon), re.DOTALL)
    assert svg
    drawing = ET.fromstring(svg.group(0).removesuffix("</div>"))
    names = [part.text for part in drawing.iter("text")]
    assert {"device", "leading face", "shares", "each face", "online"} <= set(names)
    told = [part.text or "" for part in drawing.iter("title")]
    assert any(
        re.fullmatch("happy, ..:08:20, for 1 min 30 s, confidence 80% at first", title) for title in told
    )


def test_names_are_in_the_language_asked_for_and_marked(afternoon: Path) -> None:
    page = draw(afternoon, "--lang", "ja")
    assert '<span lang="ja">喜び</span>' in page and ">happy<" not in page


def test_a_device_cannot_put_anything_into_the_page(tmp_path: Path) -> None:
    session = Session('<script>"')
    session.status(0, "<b>on</b>")
    session.face(0, "new", 1, "<img src=x onerror=y>")
    session.state(0, "<i>\"'&", 1)
    session.minute(50, 1, **{"</svg><script>": 1.0})
    session.state(60)
    page = draw(write(tmp_path / "a", session))
    outline = Outline(page)
    assert not {"script", "b", "i", "img"} & {tag for tag, _ in outline.tags}
    assert "<script>" in outline.text


def test_one_device_of_several_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a", an_afternoon("hall"), an_afternoon("desk"))
    assert "<h2 id" in draw(path) and "2 devices, 8 faces" in capsys.readouterr().out
    assert ">desk<" not in draw(path, "--device", "hall", "--force")
    assert main(["timeline", str(path), "--out", str(tmp_path / "b"), "--device", "attic"]) == 1
    assert "holds nothing of 'attic'; expected one of: desk, hall" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file or directory"),
        ("", "holds no message of a device with its time"),
        ('{"topic": "mien/hall/status", "payload": "online"}', "holds no message of a device with its time"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "a").write_text(content)
    assert main(["timeline", str(tmp_path / "a"), "--out", str(tmp_path / "b.html")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "b.html").exists()


def test_a_page_that_is_there_is_kept(afternoon: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(afternoon)
    assert main(["timeline", str(afternoon), "--out", str(afternoon.with_suffix(".html"))]) == 2
    assert "is there already" in capsys.readouterr().err


def test_a_single_message_makes_a_page(tmp_path: Path) -> None:
    session = Session()
    session.state(0, "happy", 1)
    assert "0.0 s" in draw(write(tmp_path / "a", session))


def test_a_device_that_tells_nothing_of_single_faces_is_drawn_by_its_summaries(tmp_path: Path) -> None:
    session = Session()
    session.status(0, "online")
    for at_s in (60, 120, 180):
        session.minute(at_s, 4, happy=0.75, neutral=0.25)
    page = draw(write(tmp_path / "a", session))
    assert "leading face</text>" not in page and "shares</text>" in page
    text = Outline(page).text
    assert "9 min 00 s (75%)" in text and "Nothing was told of single faces" in text


# Drawing of much


def test_a_day_of_flicker_is_drawn_by_columns_and_the_longest_shows() -> None:
    spans = [
        Span(at_s, at_s + part, name)
        for at_s in range(0, 86400, 10)
        for part, name in ((7, "happy"), (10, "sad"))
    ]
    spans = [Span(s.begin_s + (7 if s.name == "sad" else 0), s.end_s, s.name) for s in spans]
    coarse = coarsen(spans, 0, 86400)
    assert [span.name for span in coarse] == ["happy"]
    assert coarse[0].seconds == pytest.approx(86400)


def test_a_gap_stays_a_gap_in_columns() -> None:
    spans = [Span(at_s, at_s + 10, "happy") for at_s in (*range(0, 3000, 10), *range(6000, 9000, 10))]
    assert [(round(s.begin_s, -2), round(s.end_s, -2)) for s in coarsen(spans, 0, 9000)] == [
        (0, 3000),
        (6000, 9000),
    ]


def test_many_minutes_are_put_together_by_their_faces() -> None:
    minutes = [
        Minute(60.0 * n, 60.0 * n + 60, 60, 3 * (n % 2), {"sad": 1.0} if n % 2 else {}) for n in range(1440)
    ]
    bars = gather(minutes)
    assert len(bars) == 120 and bars[0].faces == 1.5 and bars[0].shares["sad"] == pytest.approx(1)


def test_faces_share_lanes_where_they_do_not_meet(afternoon: Path) -> None:
    lanes = share_lanes(story_of(afternoon).tracks)
    assert [[track.number for track in lane] for lane in lanes] == [[1, 3, 4], [2]]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0.4 s"), (12, "12 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")]
)
def test_durations_are_said_for_people(seconds: float, said: str) -> None:
    assert say_duration(seconds) == said


def test_ticks_are_round_where_people_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")  # half an hour off
    time.tzset()
    try:
        ticks = Clock(NOON_S).ticks(NOON_S, NOON_S + 6 * 3600)
        assert [said for _, said in ticks] == [f"{hour}:00" for hour in range(18, 24)]
        assert [said for _, said in Clock(0).ticks(0, 30)][:3] == ["00:00:00", "00:00:05", "00:00:10"]
    finally:
        monkeypatch.undo()
        time.tzset()


_PAYLOADS = st.one_of(
    st.sampled_from(["ON", "online", "", None]),
    st.dictionaries(
        st.sampled_from(
            [
                "v",
                "session",
                "seq",
                "ts",
                "faces",
                "emotion",
                "confidence",
                "type",
                "track",
                "shares",
                "watched_s",
            ]
        ),
        st.one_of(
            st.integers(),
            st.floats(),
            st.text(max_size=5),
            st.none(),
            st.just(1),
            st.sampled_from(["2026-11-20T12:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]),
            st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=2),
        ),
    ),
)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["status", "state", "faces/1", "summary", "health", "info", "privacy/state"]),
            _PAYLOADS,
            st.one_of(st.none(), st.datetimes().map(str), st.text(max_size=4)),
        ),
        max_size=8,
    )
)
def test_whatever_stands_in_a_file_makes_a_page_or_is_said(lines: list[tuple[str, object, str | None]]) -> None:
    good = Session()
    good.state(0, "happy", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a", good)
        with path.open("a") as file:
            for kind, payload, ts in lines:
                told = {"topic": f"mien/hall/{kind}", "payload": payload} | ({"ts": ts} if ts else {})
                file.write(json.dumps(told) + "\n")
        recording, _ = read(path)
        page = make_page([tell_story("hall", recording.devices["hall"])], "a file", "en")
    assert page.endswith("</html>\n")
