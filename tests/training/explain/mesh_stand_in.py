"""A face mesh for machines without mediapipe, behind the same pipe: it finds drawn faces, white on darker.

A drawn face is a white rectangle; the mean mesh fills it, and the brightness of the pixel in its middle says
how far the corners of its mouth are up. Run as a program, it is the Python that `--mesh-python` names.
"""

import os
import struct
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.training.explain.meshes import MEAN_MESH, MOUTH_CORNERS, moved

ROOT = Path(__file__).parents[3]
WHITE = 250
_LEAST_AREA = 0.02
#: How far a black middle puts the corners of the mouth up, in hundredths of the eyes' distance.
_MOST_UP = 12


def draw_face(picture: NDArray[np.uint8], x: int, y: int, side: int, smile: float = 0) -> None:
    """A face of which the mesh says that it smiles by so much, 0..1."""
    picture[y : y + side, x : x + side] = 255
    low, high = round(side * 0.35), round(side * 0.65)
    picture[y + low : y + high, x + low : x + high] = round(240 * (1 - smile))


def faces_of(rgb: NDArray[np.uint8], most: int) -> list[NDArray[np.float32]]:
    is_white = (rgb[..., 0] >= WHITE).astype(np.uint8)
    contours, _ = cv2.findContours(is_white, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = sorted((cv2.boundingRect(one) for one in contours), key=lambda box: -box[2] * box[3])
    area = rgb.shape[0] * rgb.shape[1]
    return [_mesh_in(rgb, box) for box in boxes if _LEAST_AREA * area < box[2] * box[3] < 0.9 * area][:most]


def _mesh_in(rgb: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    x, y, width, height = box
    up = _MOST_UP * (1 - min(float(rgb[y + height // 2, x + width // 2, 0]), 240) / 240)
    mesh = moved([(MOUTH_CORNERS, 0, -up)])
    low, high = MEAN_MESH[:, :2].min(axis=0), MEAN_MESH[:, :2].max(axis=0)
    scale = height / (high[1] - low[1])
    middle = np.append((low + high) / 2, 0)
    placed = (mesh - middle) * scale + np.array([x + width / 2, y + height / 2, 0])
    return placed.astype("<f4")


def write_python(folder: Path) -> Path:
    """A program that stands where the Python with mediapipe would."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m {__spec__.name} "$@"\n')
    path.chmod(0o755)
    return path


def main() -> None:
    most = int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "wb")
    answers.write(b"stand-in\n")
    answers.flush()
    while size := sys.stdin.buffer.read(8):
        height, width = struct.unpack("<II", size)
        pixels = np.frombuffer(sys.stdin.buffer.read(height * width * 3), np.uint8)
        faces = faces_of(pixels.reshape(height, width, 3), most)
        answers.write(struct.pack("<I", len(faces)) + b"".join(face.tobytes() for face in faces))
        answers.flush()


if __name__ == "__main__":
    main()
