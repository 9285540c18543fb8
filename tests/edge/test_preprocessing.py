import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge.preprocessing import (
    crop_face,
    normalize,
    quantization_table,
    resize_face,
    to_model_input,
    to_quantized_input,
)
from edge.records import Box, Gray

FRAME = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30).astype(np.uint8)

crops = hnp.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90)))
scales = st.floats(0.001, 0.1)
zero_points = st.integers(-128, 127)
ranges = st.sampled_from([(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-0.5, 0.5)])


def quantize(values: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """As TFLite defines it: q = round(v / scale) + zero_point, saturating."""
    return np.clip(np.rint(values.astype(np.float64) / scale) + zero_point, -128, 127).astype(np.int8)


def test_crop_takes_the_pixels_of_the_box() -> None:
    np.testing.assert_array_equal(crop_face(FRAME, Box(3, 5, 4, 6)), FRAME[5:11, 3:7])


def test_crop_clips_a_face_at_the_border() -> None:
    np.testing.assert_array_equal(crop_face(FRAME, Box(-5, -2, 10, 10)), FRAME[:8, :5])
    np.testing.assert_array_equal(crop_face(FRAME, Box(25, 15, 10, 10)), FRAME[15:, 25:])


def test_crop_adds_the_margin_on_each_side() -> None:
    np.testing.assert_array_equal(crop_face(FRAME, Box(10, 8, 8, 4), margin=0.25), FRAME[7:13, 8:20])


def test_crop_with_a_negative_margin_cuts_away() -> None:
    np.testing.assert_array_equal(crop_face(FRAME, Box(10, 8, 10, 10), margin=-0.1), FRAME[9:17, 11:19])


def test_crop_of_a_box_outside_the_frame_names_box_and_frame() -> None:
    with pytest.raises(ValueError, match=r"\[40, 0, 5, 5\] lies outside the frame of 30x20"):
        crop_face(FRAME, Box(40, 0, 5, 5))


def checkerboard(side: int) -> Gray:
    return (np.indices((side, side)).sum(axis=0) % 2 * 255).astype(np.uint8)


def test_shrinking_averages() -> None:
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::4] = 200
    small = resize_face(stripes, 64)
    assert small.shape == (64, 64)
    assert set(np.unique(small)) == {50}, "interpolation would step over the stripes"


def test_enlarging_interpolates_between_pixels() -> None:
    ramp = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
    large = resize_face(ramp, 64)
    assert large.shape == (64, 64)
    steps = np.diff(large[0].astype(int))
    assert steps.min() >= 0 and steps.max() <= 5, "INTER_AREA would repeat pixels in steps of 8"


def test_a_face_of_the_right_size_is_left_as_it_is() -> None:
    face = checkerboard(64)
    np.testing.assert_array_equal(resize_face(face, 64), face)


@given(crops)
def test_a_crop_of_any_shape_becomes_a_square(face: Gray) -> None:
    resized = resize_face(face, 64)
    assert resized.shape == (64, 64) and resized.dtype == np.uint8
    assert face.min() <= resized.min() and resized.max() <= face.max()


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)])
def test_normalize_maps_black_and_white_to_the_ends(value_range: tuple[float, float]) -> None:
    ends = normalize(np.array([0, 255], np.uint8), value_range)
    assert ends.dtype == np.float32
    np.testing.assert_allclose(ends, value_range, atol=1e-6)


def test_the_model_input_is_that_of_the_papers_authors() -> None:
    face = checkerboard(64)
    expected = face.astype(np.float32) / 127.5 - 1
    model_input = to_model_input(face, 64, (-1, 1))
    assert model_input.shape == (1, 64, 64, 1)
    np.testing.assert_allclose(model_input[0, :, :, 0], expected, atol=1e-6)


@given(scales, zero_points, ranges)
def test_the_table_quantizes_every_pixel_value(
    scale: float, zero_point: int, value_range: tuple[float, float]
) -> None:
    pixels = np.arange(256, dtype=np.uint8)
    table = quantization_table(scale, zero_point, value_range)
    assert table.shape == (256,) and table.dtype == np.int8
    np.testing.assert_array_equal(table, quantize(normalize(pixels, value_range), scale, zero_point))


@given(crops, scales, zero_points)
def test_quantized_input_is_the_float_input_quantized(face: Gray, scale: float, zero_point: int) -> None:
    table = quantization_table(scale, zero_point, (-1, 1))
    expected = quantize(to_model_input(face, 64, (-1, 1)), scale, zero_point)
    np.testing.assert_array_equal(to_quantized_input(face, 64, table), expected)


@given(crops)
def test_a_network_of_three_channels_gets_the_grey_face_in_all_three(face: Gray) -> None:
    model_input = to_model_input(face, 64, (-1, 1), channels=3)
    assert model_input.shape == (1, 64, 64, 3)
    table = quantization_table(2 / 255, 127, (-1, 1), np.uint8)
    quantized = to_quantized_input(face, 64, table, channels=3)
    for channel in range(3):
        np.testing.assert_array_equal(model_input[..., channel], to_model_input(face, 64, (-1, 1))[..., 0])
        np.testing.assert_array_equal(quantized[..., channel], to_quantized_input(face, 64, table)[..., 0])


def test_for_a_range_of_two_the_uint8_input_is_the_pixel() -> None:
    table = quantization_table(2 / 255, 127, (-1, 1), np.uint8)
    assert table.dtype == np.uint8
    assert np.abs(table.astype(int) - np.arange(256)).max() <= 1


def test_for_a_range_of_two_the_int8_input_is_the_pixel_minus_128() -> None:
    table = quantization_table(2 / 255, 0, (-1, 1)).astype(int)
    assert np.abs(table - (np.arange(256) - 128)).max() <= 1
