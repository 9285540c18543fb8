import pytest

from edge.mqtt.topics import Topics, split_topic


def test_topics_stand_under_the_device() -> None:
    topics = Topics("hall-2")
    assert topics.status == "mien/hall-2/status"
    assert topics.state == "mien/hall-2/state"
    assert topics.summary == "mien/hall-2/summary"
    assert topics.face(12) == "mien/hall-2/faces/12"


@pytest.mark.parametrize("kind", ["status", "faces/12", "rsp/restart"])
def test_a_topic_of_ours_is_split_into_device_and_kind(kind: str) -> None:
    assert split_topic(f"mien/hall/{kind}") == ("hall", kind)


@pytest.mark.parametrize(
    "topic", ["", "mien", "mien/hall", "mien//state", "mien/hall/", "/mien/hall/state", "other/hall/state"]
)
def test_any_other_topic_has_no_device(topic: str) -> None:
    assert split_topic(topic) == ("", topic)
