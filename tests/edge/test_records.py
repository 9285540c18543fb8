from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box

corners = st.integers(-200, 200)
sides = st.integers(1, 200)
boxes = st.builds(Box, corners, corners, sides, sides)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}


small = st.integers(-6, 6)
small_boxes = st.builds(Box, small, small, st.integers(1, 8), st.integers(1, 8))


@given(small_boxes, st.integers(1, 6), st.integers(1, 6))
def test_clip_keeps_exactly_the_pixels_within_the_frame(box: Box, height: int, width: int) -> None:
    clipped, within = box.clip(height, width), pixels(box) & pixels(Box(0, 0, width, height))
    assert pixels(clipped) == within
    assert clipped.area_px == len(within) and clipped.width >= 0 and clipped.height >= 0


def test_clip_takes_the_height_first_as_arrays_do() -> None:
    assert Box(5, 5, 100, 100).clip(20, 50) == Box(5, 5, 45, 15)


@given(small_boxes, small_boxes)
def test_overlap_is_the_share_of_common_pixels(a: Box, b: Box) -> None:
    common, either = pixels(a) & pixels(b), pixels(a) | pixels(b)
    assert a.overlap(b) == len(common) / len(either)


@given(boxes, boxes)
def test_overlap_is_the_same_from_both_sides(a: Box, b: Box) -> None:
    assert a.overlap(b) == b.overlap(a)
    assert a.overlap(a) == 1


def test_overlap_of_two_empty_boxes_is_none() -> None:
    assert Box(0, 0, 0, 0).overlap(Box(0, 0, 0, 0)) == 0


@given(boxes, st.floats(0.5, 3))
def test_expand_keeps_the_centre(box: Box, factor: float) -> None:
    larger = box.expand(factor)
    assert abs((2 * larger.x + larger.width) - (2 * box.x + box.width)) <= 1
    assert abs((2 * larger.y + larger.height) - (2 * box.y + box.height)) <= 1
    assert abs(larger.width - factor * box.width) <= 0.5


def test_expand_may_leave_the_frame() -> None:
    assert Box(0, 10, 20, 20).expand(2) == Box(-10, 0, 40, 40)
