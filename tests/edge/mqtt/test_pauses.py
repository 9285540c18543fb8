"""How long a device waits before it connects again."""

from edge.mqtt.pauses import Pauses


def test_a_broker_that_is_away_is_asked_less_and_less_often() -> None:
    pauses = Pauses()
    assert [pauses.after(None) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_after_a_good_connection_the_next_comes_soon() -> None:
    pauses = Pauses()
    for _ in range(7):
        pauses.after(None)
    assert pauses.after(held_s=60) == 1


def test_connections_that_do_not_hold_come_less_and_less_often_and_then_have_to_hold_longer() -> None:
    pauses = Pauses()
    assert [pauses.after(held_s=1) for _ in range(6)] == [1, 2, 4, 8, 16, 32]
    assert pauses.after(held_s=60) == 64, "as long as the other one's pause: it is the same again"
    assert [pauses.after(held_s=60) for _ in range(3)] == [128, 256, 300]
    assert pauses.after(held_s=2000) == 1


def test_who_is_thrown_out_by_one_with_the_same_id_stands_back_longer_each_time() -> None:
    pauses = Pauses()
    assert [pauses.after(held_s=45, is_taken_over=True) for _ in range(7)] == [30, 60, 120, 240, 300, 300, 300]
    assert pauses.after(held_s=500) == 300, "it may be the other one's pause that let it hold"
    assert pauses.after(held_s=3000) == 1
