"""What is on its way to the broker. The broker is a list; the clock is ours."""

import pytest

from edge.mqtt.delivery import Delivery
from edge.mqtt.outbox import REFUSED, Outbox


class Wire:
    """Takes messages as a connection does, and gives them numbers."""

    def __init__(self, capacity: int = 1000) -> None:
        self.sent: list[str] = []
        self._capacity = capacity

    def __call__(self, topic: str, payload: str) -> int | None:
        if len(self.sent) >= self._capacity:
            return None
        self.sent.append(payload)
        return len(self.sent)


class World:
    def __init__(self, waiting: int) -> None:
        self.now_s = 0.0
        self.outbox = Outbox(None, 1000, 1e6)
        for number in range(waiting):
            self.outbox.add("topic", str(number))
        self.delivery = Delivery(self.outbox, lambda: self.now_s)

    def settle(self, *numbers: int, refusal: str | None = None) -> None:
        self.delivery.settle((number, refusal) for number in numbers)


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_no_more_are_on_their_way_than_the_window_and_each_answer_lets_another_go() -> None:
    world, wire = World(waiting=25), Wire()
    world.delivery.begin(wire)
    assert wire.sent == numbers(0, 9)
    world.settle(1, 2, 3)
    assert wire.sent == numbers(0, 12)
    assert len(world.outbox) == 22


def test_a_broker_that_takes_fewer_gets_fewer() -> None:
    world, wire = World(waiting=25), Wire()
    world.delivery.begin(wire, 3)
    assert wire.sent == numbers(0, 2)


def test_only_what_was_acknowledged_is_forgotten() -> None:
    world, wire = World(waiting=3), Wire()
    world.delivery.begin(wire)
    world.settle(2)
    assert [entry.payload for entry in world.outbox.after(0, 9)] == ["0", "2"]
    assert not world.delivery.is_done
    world.settle(1, 3)
    assert world.delivery.is_done


def test_a_new_connection_begins_with_the_oldest_that_was_not_acknowledged() -> None:
    world, wire = World(waiting=12), Wire()
    world.delivery.begin(wire)
    world.settle(1, 3)
    world.delivery.end()
    world.outbox.add("topic", "12")
    world.delivery.proceed()
    assert wire.sent == numbers(0, 11), "nothing goes without a connection"
    again = Wire()
    world.delivery.begin(again)
    assert again.sent == ["1", *numbers(3, 11)]


def test_a_connection_that_breaks_meanwhile_loses_nothing() -> None:
    world, wire = World(waiting=5), Wire(capacity=2)
    world.delivery.begin(wire)
    assert wire.sent == ["0", "1"]
    again = Wire()
    world.delivery.begin(again)
    assert again.sent == numbers(0, 4)


def test_a_refusal_that_may_pass_is_waited_out_and_nothing_is_lost() -> None:
    world, wire = World(waiting=3), Wire()
    world.delivery.begin(wire)
    world.settle(1, 2, 3, refusal="Not authorized")
    assert world.delivery.refusal == "Not authorized"
    world.now_s = 29
    world.delivery.proceed()
    assert len(wire.sent) == 3
    world.now_s = 31
    world.delivery.proceed()
    assert wire.sent[3:] == numbers(0, 2)
    world.settle(4, 5, 6)
    assert world.delivery.is_done and world.delivery.refusal is None


@pytest.mark.parametrize("refusal", ["Packet too large", "Topic name invalid", "Payload format invalid"])
def test_a_refusal_for_good_is_counted_and_stops_nothing(refusal: str) -> None:
    world, wire = World(waiting=2), Wire()
    world.delivery.begin(wire)
    world.settle(1, refusal=refusal)
    world.settle(2)
    assert world.delivery.is_done and world.outbox.dropped[REFUSED] == 1


def test_the_lag_is_that_of_the_oldest_without_an_answer() -> None:
    world, wire = World(waiting=1), Wire()
    assert world.delivery.lag_s == 0
    world.delivery.begin(wire)
    world.now_s = 2
    world.delivery.expect(99)
    world.now_s = 7
    assert world.delivery.lag_s == 7
    world.settle(1)
    assert world.delivery.lag_s == 5
    world.settle(99)
    assert world.delivery.lag_s == 0


def test_an_answer_to_what_the_bound_threw_out_meanwhile_does_no_harm() -> None:
    world, wire = World(waiting=0), Wire()
    world.outbox = Outbox(None, 10, 1e6)
    world.delivery = Delivery(world.outbox)
    world.delivery.begin(wire)
    for number in range(15):
        world.outbox.add("topic", str(number))
        world.delivery.proceed()
    world.settle(*range(1, 11))
    world.settle(*range(11, 16))
    assert wire.sent == numbers(0, 14) and world.delivery.is_done
