"""Tables as OpenFace's programs write them (RecorderCSV.cpp of versions 2.0 to 2.2), with made values."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

NUMBERS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
UNITS = tuple(f"AU{number:02d}" for number in NUMBERS)
PRESENT = tuple(f"AU{number:02d}" for number in sorted((*NUMBERS, 28)))
GAZE = "gaze_0_x gaze_0_y gaze_0_z gaze_1_x gaze_1_y gaze_1_z gaze_angle_x gaze_angle_y".split()
POSE = "pose_Tx pose_Ty pose_Tz pose_Rx pose_Ry pose_Rz".split()


def header(first: Sequence[str], separator: str, points: bool = True) -> str:
    eyes = [f"eye_lmk_{axis}_{point}" for axis in "xyXYZ" for point in range(56)]
    flat = [f"{axis}_{point}" for axis in "xy" for point in range(68)] if points else []
    solid = [f"{axis}_{point}" for axis in "XYZ" for point in range(68)]
    shape = ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty", *(f"p_{mode}" for mode in range(34))]
    units = [f"{unit}_r" for unit in UNITS] + [f"{unit}_c" for unit in PRESENT]
    return separator.join([*first, *GAZE, *eyes, *POSE, *flat, *solid, *shape, *units])


def line(first: Sequence[str], intensities: Sequence[float], separator: str, points: bool = True) -> str:
    """Points are x = 100 + n and y = 200 + n, and negative in millimetres."""
    gaze = ["0.012345"] * 6 + ["0.123"] * 2
    eyes, pose = ["12.3"] * 280, ["1.0"] * 3 + ["0.100"] * 3
    flat = [f"{start + point:.1f}" for start in (100, 200) for point in range(68)] if points else []
    solid, shape = ["-55.5"] * 204, ["1.234"] * 40
    present = [f"{float(value >= 1):.1f}" for value in [*intensities, 0]]
    written = [f"{value:.2f}" for value in intensities]
    return separator.join([*first, *gaze, *eyes, *pose, *flat, *solid, *shape, *written, *present])


def intensities(seed: int) -> list[float]:
    return np.random.default_rng(seed).uniform(0, 5, len(UNITS)).round(2).tolist()


def write_sequence(path: Path, version: str, frames: Sequence[tuple[int, int, int]]) -> None:
    """FeatureExtraction or FaceLandmarkVidMulti; frames: (frame, face_id, success).

    A frame that failed has zeros, as OpenFace writes them.
    """
    separator = "," if version == "2.2" else ", "
    first = ["frame", "face_id", "timestamp", "confidence", "success"]
    if version == "2.0":
        first.remove("face_id")
    lines = [header(first, separator)]
    for frame, face, success in frames:
        cells = [str(frame), str(face), f"{frame / 30:.3f}", "0.98" if success else "0.03", str(success)]
        if version == "2.0":
            del cells[1]
        values = intensities(100 * frame + face) if success else [0.0] * len(UNITS)
        lines.append(line(cells, values, separator))
    path.write_text("\n".join(lines) + "\n")


def write_picture(path: Path, version: str, confidences: Sequence[float], picture: str = "") -> None:
    """FaceLandmarkImg: a table for each picture, a line for each face."""
    separator = "," if version == "2.2" else ", "
    lines = [header(["face", "confidence"], separator)]
    for face, confidence in enumerate(confidences):
        lines.append(line([str(face), f"{confidence:.3f}"], intensities(face), separator))
    path.write_text("\n".join(lines) + "\n")
    if picture:
        write_details(path, picture)


def write_details(path: Path, picture: str) -> None:
    text = f"Input:{picture}\nInput full path:/pictures/{picture}\nCamera parameters:500,500,320,240\nGaze: 1\n"
    path.with_name(f"{path.stem}_of_details.txt").write_text(text)
