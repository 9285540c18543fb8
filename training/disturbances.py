"""What cameras, light and finders do to a face, each by itself and by strength.

Fitting shows them to a network (`--camera-augmentation`), and `mien-train robustness` asks what is left of it.
Strengths go from 0, nothing, to 1, where people begin to have trouble, too. Sizes are shares of the face's
side, so that they mean the same for a network of 48 and of 64 pixels.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.records import Gray

#: A face, a strength of 0 to 1, and what is drawn of it; gives a new face of the same shape.
Disturb = Callable[[Gray, float, Generator], Gray]

#: A camera's curve: brightness in a picture is that of the light, to the power of one by this.
_GAMMA = 2.2

#: Where eyes and mouth are in a face as Haar cuts it, shares of the side.
_EYE_LINE, _EYES, _EYE_RADIUS = 0.37, (0.3, 0.7), 0.15
_CHIN = 1.0


def disturb(face: Gray, random: Generator) -> Gray:
    """Disturb in one way of one strength, both drawn."""
    name = random.choice(list(DISTURBANCES))
    return DISTURBANCES[name](face, random.uniform(0.1, 1), random)


def _box(face: Gray, strength: float, random: Generator) -> Gray:
    """The finder's box sits off by up to 15% and is up to 20% large or small."""
    angle = random.uniform(0, 2 * np.pi)
    shift = 0.15 * strength * np.array([np.cos(angle), np.sin(angle)])
    return _warp(face, 0, 1 + random.choice((-1, 1)) * 0.2 * strength, shift)


def _tilt(face: Gray, strength: float, random: Generator) -> Gray:
    """The head is tilted by up to 30 degrees."""
    return _warp(face, random.choice((-1, 1)) * 30 * strength, 1, np.zeros(2))


def _low_light(face: Gray, strength: float, random: Generator) -> Gray:
    """Down to a thirtieth of the light, and the noise of a sensor that amplifies."""
    return _sensed(_lit(face, 30**-strength), 12 * strength, random)


def _back_light(face: Gray, strength: float, random: Generator) -> Gray:
    """A window on one side: up to twelve times the light there, a twelfth on the other."""
    height, width = face.shape
    angle = random.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = np.cos(angle) * across + np.sin(angle) * down
    return _sensed(_lit(face, 12 ** (strength * slope)), 2, random)


def _blur(face: Gray, strength: float, random: Generator) -> Gray:
    """Out of focus: a Gaussian of up to 5% of the face."""
    sigma_px = 0.05 * strength * face.shape[0]
    return _sensed(cv2.GaussianBlur(face, (0, 0), max(sigma_px, 0.1)), 2, random)


def _movement(face: Gray, strength: float, random: Generator) -> Gray:
    """Blurred along one direction over up to a fifth of the face."""
    length_px = 2 * round(0.1 * strength * face.shape[0]) + 1
    kernel = np.zeros((length_px, length_px), np.float32)
    angle, middle = random.uniform(0, np.pi), (length_px - 1) / 2
    step = middle * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(int(round(place)) for place in middle + sign * step) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1)
    return _sensed(cv2.filter2D(face, -1, kernel / kernel.sum()), 2, random)


def _far_off(face: Gray, strength: float, random: Generator) -> Gray:
    """A face that has down to a quarter of the pixels along each side."""
    side_px = max(4, round(face.shape[0] * (1 - 0.75 * strength)))
    small = cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return _sensed(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR), 0, random)


def _noise(face: Gray, strength: float, random: Generator) -> Gray:
    """A standard deviation of up to 30 of 255 levels."""
    return _sensed(face, 30 * strength, random)


def _jpeg(face: Gray, strength: float, random: Generator) -> Gray:
    """Compressed at a quality of down to 10 of 100."""
    quality = round(95 - 85 * strength)
    _, content = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def _glasses(face: Gray, strength: float, random: Generator) -> Gray:
    """Glasses, from clear to so dark that nothing is seen through them."""
    side_px, worn = face.shape[0], face.copy()
    centers = [(round(x * side_px), round(_EYE_LINE * side_px)) for x in _EYES]
    radius_px, frame_level = round(_EYE_RADIUS * side_px), int(random.integers(0, 60))
    for center in centers:
        cv2.circle(worn, center, radius_px, frame_level, -1)
    glass = cv2.addWeighted(worn, strength, face, 1 - strength, 0)
    for center in centers:
        cv2.circle(glass, center, radius_px, frame_level, 1)
    cv2.line(glass, centers[0], centers[1], frame_level, 1)
    return np.asarray(glass, np.uint8)


def _mask(face: Gray, strength: float, random: Generator) -> Gray:
    """A cloth from below, at most up to above the mouth, in one level with soft folds."""
    height, width = face.shape
    top = round(height * (_CHIN - 0.45 * strength))
    worn = face.astype(np.float32)
    folds = 8 * np.sin(np.linspace(0, 3 * np.pi, max(0, height - top)))[:, np.newaxis]
    worn[top:] = random.integers(60, 230) + folds
    return _sensed(worn, 0, random)


#: By name, in the order of tables.
DISTURBANCES: Mapping[str, Disturb] = MappingProxyType(
    {
        "box": _box,
        "tilt": _tilt,
        "low light": _low_light,
        "back light": _back_light,
        "blur": _blur,
        "movement": _movement,
        "far off": _far_off,
        "noise": _noise,
        "jpeg": _jpeg,
        "glasses": _glasses,
        "mask": _mask,
    }
)


def _warp(face: Gray, angle_deg: float, factor: float, shift: NDArray[np.float64]) -> Gray:
    side_px = face.shape[0]
    middle = (side_px - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), angle_deg, factor)
    matrix[:, 2] += shift * side_px
    warped = cv2.warpAffine(
        face, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)


def _lit(face: Gray, light: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """The face in so many times the light."""
    lit: NDArray[np.float64] = 255 * np.minimum(1, (face / 255) ** _GAMMA * light) ** (1 / _GAMMA)
    return lit


def _sensed(picture: cv2.typing.MatLike, noise: float, random: Generator) -> Gray:
    """As a sensor gives it, with noise of so many levels' standard deviation."""
    grain = random.standard_normal(picture.shape, np.float32) * noise
    return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)
