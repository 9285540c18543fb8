"""A camera that repeats itself or sees only black is told from one that is well."""

from collections.abc import Callable

import numpy as np
import pytest

from edge.cameras.sight import Fault, Sight, is_black
from edge.config import CameraConfig
from edge.records import Frame, Gray

random = np.random.default_rng(0)


def noisy(level: float = 120, noise: float = 2) -> Gray:
    """A wall as a sensor sees it, with a brighter half."""
    wall = np.full((120, 160), float(level))
    wall[:, 80:] += 0.5 * level
    return np.clip(wall + random.normal(0, noise, wall.shape), 0, 255).astype(np.uint8)


def night(noise: float = 3) -> Gray:
    return np.clip(16 + random.normal(0, noise, (120, 160)), 0, 255).astype(np.uint8)


@pytest.fixture
def sight() -> Sight:
    sight = Sight(CameraConfig(frozen_after_s=5, black_after_s=60))
    sight.begin(has_sensor=True)
    return sight


Stamp = Callable[[float], float | None]


def look(
    sight: Sight, pictures: Callable[[], Gray], begin_s: float, end_s: float, stamp: Stamp = lambda s: s
) -> Fault | None:
    """Give frames, two a second; what is said of the last."""
    fault = None
    for time_s in np.arange(begin_s, end_s, 0.5):
        fault = sight.look(Frame(pictures(), time_s, time_s, 0, stamp(time_s)))
    return fault


def test_a_wall_before_a_live_sensor_is_no_fault(sight: Sight) -> None:
    assert look(sight, noisy, 0, 100) is None


def test_the_same_picture_again_and_again_is_a_fault_after_the_time_and_not_before(sight: Sight) -> None:
    old = noisy()
    assert look(sight, lambda: old.copy(), 0, 5) is None
    assert look(sight, lambda: old.copy(), 5, 5.5) is Fault.FROZEN
    assert sight.is_opening_due
    assert look(sight, noisy, 6, 6.5) is None, "something new came"
    assert not sight.is_opening_due


def test_one_new_pixel_is_something_new(sight: Sight) -> None:
    picture = noisy()

    def flicker() -> Gray:
        changed = picture.copy()
        changed[33, 71] = random.integers(0, 255)
        return changed

    assert look(sight, flicker, 0, 30) is None


def test_after_an_opening_the_old_picture_is_a_fault_at_once_and_is_due_again_later(sight: Sight) -> None:
    old = noisy()
    look(sight, lambda: old, 0, 6)
    sight.begin(has_sensor=True)
    assert look(sight, lambda: old, 10, 10.5) is Fault.FROZEN
    assert not sight.is_opening_due, "the new opening has not had its time"
    assert look(sight, lambda: old, 10.5, 16) is Fault.FROZEN
    assert sight.is_opening_due
    sight.begin(has_sensor=True)
    assert look(sight, noisy, 20, 20.5) is None


@pytest.mark.parametrize("stamp", [lambda s: s, lambda s: None, lambda s: 7.0], ids=["moves", "none", "never"])
def test_pictures_without_noise_may_be_alike_for_ever(sight: Sight, stamp: Stamp) -> None:
    drawn = noisy()
    sight.begin(has_sensor=False)
    assert look(sight, lambda: drawn, 0, 600, stamp) is None


def test_a_time_stamp_that_moved_and_stands_still_is_a_fault_without_a_sensor_too(sight: Sight) -> None:
    sight.begin(has_sensor=False)
    assert look(sight, noisy, 0, 3) is None
    assert look(sight, noisy, 3, 7.5, lambda s: 2.5) is None
    assert look(sight, noisy, 7.5, 8.5, lambda s: 2.5) is Fault.FROZEN
    assert look(sight, noisy, 8.5, 9) is None


def test_a_stamp_that_never_moves_says_nothing_of_a_sensor(sight: Sight) -> None:
    assert look(sight, noisy, 0, 60, lambda s: 0.5) is None


def test_black_is_named_after_its_time_and_its_noise_is_not_taken_for_light(sight: Sight) -> None:
    assert look(sight, noisy, 0, 10) is None
    assert look(sight, night, 10, 69) is None
    assert look(sight, night, 69, 71) is Fault.BLACK
    assert look(sight, noisy, 71, 71.5) is None


def test_black_without_any_noise_is_black_and_not_frozen(sight: Sight) -> None:
    nothing = np.zeros((120, 160), np.uint8)
    assert look(sight, lambda: nothing, 0, 59) is None
    assert look(sight, lambda: nothing, 59, 62) is Fault.BLACK


def test_a_limit_of_0_is_never() -> None:
    sight = Sight(CameraConfig(frozen_after_s=0, black_after_s=0))
    sight.begin(has_sensor=True)
    old = noisy()
    assert look(sight, lambda: old, 0, 60) is None
    assert look(sight, night, 60, 160) is None


def test_a_dark_room_with_a_small_light_is_not_black() -> None:
    room = night()
    assert is_black(room)
    room[30:60, 40:70] = 180
    assert not is_black(room)
    assert not is_black(noisy(40))
