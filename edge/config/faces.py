"""[detect] and [quality]: which faces are looked for, and which are read."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from edge.config.table import Table


class DetectConfig(Table):
    scale_factor: Annotated[float, Field(gt=1, le=2)] = Field(
        1.2, description="step between the face sizes that Haar tries; nearer 1 finds more and costs more"
    )
    min_neighbors: Annotated[int, Field(ge=1, le=20)] = Field(
        2, description="how many overlapping hits make a face; more means fewer false faces"
    )
    min_face_px: int | None = Field(
        None,
        ge=24,
        le=2000,
        description="smallest face that is looked for, pixels of the full frame; half of it costs four times "
        "the CPU; default: a tenth of the frame's height",
    )
    max_faces: Annotated[int, Field(ge=1, le=50)] = Field(20, description="most faces followed at a time")
    new_face_within_s: Annotated[float, Field(gt=0, le=60)] = Field(
        1.0, description="how soon a new face is found, seconds"
    )
    lost_after_s: Annotated[float, Field(ge=0, le=60)] = Field(
        1.0, description="how long a face that is not found is still thought to be there, seconds"
    )
    cpu_percent: Annotated[float, Field(ge=1, le=100)] = Field(
        50,
        description="most CPU that is spent on frames, percent of one core; beyond it frames are left out, and "
        "then new faces are looked for less often; no limit for a file that is not played in real time",
    )
    yunet_model: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="YuNet's ONNX file, such as face_detection_yunet_2023mar.onnx, which finds more faces than "
        "Haar and costs more; default: Haar",
    )


class QualityConfig(Table):
    min_face_px: Annotated[int, Field(ge=0, le=500)] = Field(
        24, description="a smaller face gives no emotion, pixels of the frame; 0: however small"
    )
    max_cut: Annotated[float, Field(ge=0, le=1)] = Field(
        0.15, description="most of a face that may lie beyond the frame, 0..1"
    )
    min_sharpness: Annotated[float, Field(ge=0, le=2)] = Field(
        0.65, description="a less sharp face gives no emotion; a sharp one has about 1; 0: however blurred"
    )
    min_brightness: Annotated[float, Field(ge=0, le=255)] = Field(
        30, description="mean of the pixels below which a face is too dark, 0..255"
    )
    max_brightness: Annotated[float, Field(ge=0, le=255)] = Field(
        215, description="mean of the pixels above which a face is too bright, 0..255"
    )
    max_clipped: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="most of a face that may be as bright as the camera can tell, 0..1"
    )
    min_contrast: Annotated[float, Field(ge=0, le=128)] = Field(
        12, description="least standard deviation of the pixels, 0..128; below, a face is too dark or bright"
    )
