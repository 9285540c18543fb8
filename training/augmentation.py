"""Imitates what a Haar box does to a face crop, and what a camera does to its light.

A detector's box sits a little off, is a little large or small, and heads tilt; cameras differ in gain,
gamma and noise; hands and hair hide parts. Everything here works on one uint8 face and on numbers of its
own, which come from (seed, epoch, row), so that a resumed run repeats what the stopped one would have done.
"""

from dataclasses import asdict, dataclass
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.records import Gray


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strong each disturbance is. 0 switches one off.

    The geometry is about the spread of Haar's boxes on one face from frame to frame; the rest is moderate,
    because a network of 58,000 parameters is too small to overfit and suffers from more.

    Attributes:
        shift: at most this share of the side, each way.
        scale: factors from 1 - scale to 1 + scale.
        rotation_deg: at most this, each way.
        flip: probability.
        gain, gamma: factors from 1/(1 + x) to 1 + x.
        bias: at most this many of 255 levels, each way.
        noise: standard deviation of at most this many levels.
        blur: probability of a Gaussian blur of at most one pixel.
        erase: probability of hiding a rectangle of 2 to 12% of the face.
    """

    shift: float = 0.07
    scale: float = 0.1
    rotation_deg: float = 10.0
    flip: float = 0.5
    gain: float = 0.25
    gamma: float = 0.25
    bias: float = 16.0
    noise: float = 5.0
    blur: float = 0.1
    erase: float = 0.2

    def times(self, factor: float) -> Self:
        """The same disturbances, `factor` times as strong; faces are mirrored as often as before, or never."""
        scaled = {name: factor * strength for name, strength in asdict(self).items()}
        return type(self)(**scaled | {"flip": self.flip if factor else 0.0})


NONE = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def augment(face: Gray, strength: Augmentation, random: Generator) -> Gray:
    """Disturb one face of any square size; the result is a new array of the same shape."""
    face = warp(face, strength, random)
    face = cv2.LUT(face, light_table(strength, random))  # type: ignore[assignment]
    if random.random() < strength.blur:
        face = cv2.GaussianBlur(face, (3, 3), random.uniform(0.4, 1.0))  # type: ignore[assignment]
    if strength.noise:
        face = add_noise(face, random.uniform(0, strength.noise), random)
    if random.random() < strength.erase:
        erase_part(face, random)
    return face


def warp(face: Gray, strength: Augmentation, random: Generator) -> Gray:
    """Shift, scale, rotate and flip in one interpolation; beyond the border the last pixel goes on."""
    side_px = face.shape[0]
    angle_deg = random.uniform(-strength.rotation_deg, strength.rotation_deg)
    factor = random.uniform(1 - strength.scale, 1 + strength.scale)
    matrix = cv2.getRotationMatrix2D(((side_px - 1) / 2, (side_px - 1) / 2), angle_deg, factor)
    matrix[:, 2] += random.uniform(-strength.shift, strength.shift, 2) * side_px
    if random.random() < strength.flip:
        matrix[0] = (0, 0, side_px - 1) - matrix[0]
    return cv2.warpAffine(  # type: ignore[return-value]
        face, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def light_table(strength: Augmentation, random: Generator) -> NDArray[np.uint8]:
    """What each of the 256 levels becomes under another gain, gamma and bias."""
    gain = _factor(strength.gain, random)
    gamma = _factor(strength.gamma, random)
    bias = random.uniform(-strength.bias, strength.bias)
    levels = np.arange(256) / 255
    return np.clip(np.rint(255 * gain * levels**gamma + bias), 0, 255).astype(np.uint8)


def add_noise(face: Gray, deviation: float, random: Generator) -> Gray:
    noise = random.standard_normal(face.shape, dtype=np.float32) * np.float32(deviation)
    return np.clip(face + noise + np.float32(0.5), 0, 255).astype(np.uint8)


def erase_part(face: Gray, random: Generator) -> None:
    """Paint a rectangle in one level, in place (Zhong et al. 2017, arXiv:1708.04896)."""
    height, width = face.shape
    area_px = random.uniform(0.02, 0.12) * height * width
    aspect = np.exp(random.uniform(-1, 1))
    part_height = min(height, max(1, round(np.sqrt(area_px * aspect))))
    part_width = min(width, max(1, round(np.sqrt(area_px / aspect))))
    top = random.integers(0, height - part_height + 1)
    left = random.integers(0, width - part_width + 1)
    face[top : top + part_height, left : left + part_width] = random.integers(0, 256)


def _factor(strength: float, random: Generator) -> float:
    return float(np.exp(random.uniform(-1, 1) * np.log1p(strength)))
