from collections.abc import Mapping

from edge.condition import Condition


class Told:
    def __init__(self) -> None:
        self.all: list[tuple[str, Mapping[str, str]]] = []
        self.condition = Condition(lambda status, problems: self.all.append((status, problems)))


def test_nothing_is_online_before_the_work_was_done_once() -> None:
    told = Told()
    told.condition.tell(is_news=True)
    assert told.all == []
    told.condition.prove()
    told.condition.tell()
    assert told.all == [("online", {})]


def test_what_is_wrong_is_told_at_once_and_each_change_once() -> None:
    told = Told()
    told.condition.set("camera", "it is not there")
    told.condition.tell()
    told.condition.tell()
    told.condition.set("accelerator", "the Coral failed")
    told.condition.set("camera", None)
    told.condition.tell()
    assert told.all == [
        ("degraded", {"camera": "it is not there"}),
        ("degraded", {"accelerator": "the Coral failed"}),
    ]


def test_news_without_a_change_of_status_are_told() -> None:
    told = Told()
    told.condition.prove()
    told.condition.tell()
    told.condition.tell(is_news=True)
    assert told.all == [("online", {})] * 2
