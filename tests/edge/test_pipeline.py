from collections.abc import Callable

from edge.config import DetectConfig, MoodConfig
from edge.emotion.classifier import Classifier
from edge.emotion.mood import Moods
from edge.faces.schedule import FaceFinder
from edge.pipeline import Pipeline
from edge.records import Frame, Gray, Reading, Scene


class Collector:
    """Stands where a publisher would."""

    def __init__(self) -> None:
        self.published: list[tuple[Frame, list[Reading]]] = []

    def publish(self, frame: Frame, readings: list[Reading], scene: Scene) -> None:
        self.published.append((frame, readings))


def test_frames_go_in_and_readings_come_out(classifier: Classifier, room: Callable[..., Gray]) -> None:
    collector = Collector()
    pipeline = Pipeline(FaceFinder(DetectConfig()), classifier, Moods(MoodConfig()), collector)
    pictures = [room((200, 150)), room((205, 150)), room(), room()]
    frames = [Frame(gray, index / 10, 0, index) for index, gray in enumerate(pictures)]
    processed = [pipeline.process(frame) for frame in frames]
    assert [frame.index for frame, _ in collector.published] == [0, 1, 2, 3]
    assert [len(readings) for _, readings in collector.published] == [1, 1, 1, 1]
    readings = [one.readings[0] for one in processed]
    assert {reading.track for reading in readings} == {1}
    assert readings[0].emotion == "happy" and readings[0].first_seen_s == 0
    assert readings[3].scores == readings[1].scores, "a face that is not seen is not scored"
    assert all(list(one.stage_ms) == ["search", "classify", "mood", "publish"] for one in processed)
    assert all(elapsed_ms >= 0 for one in processed for elapsed_ms in one.stage_ms.values())


def test_a_frame_without_a_face_is_published_too(classifier: Classifier, empty_room: Gray) -> None:
    collector = Collector()
    pipeline = Pipeline(FaceFinder(DetectConfig()), classifier, Moods(MoodConfig()), collector)
    pipeline.process(Frame(empty_room, 0, 0, 0))
    assert [readings for _, readings in collector.published] == [[]]
