"""[model] and [mood]: what reads a face, and what is said of it."""

from typing import Annotated, Literal

from pydantic import Field

from edge.config.table import Table


class ModelConfig(Table):
    bundle: str = Field(
        "auto",
        description="name of a shipped bundle, or a bundle's folder; auto: mien where it takes at most 5 ms "
        "for a face, else mini_xception",
    )
    accelerator: Literal["auto", "cpu", "edgetpu"] = Field(
        "auto", description="auto: the quicker one of those that are there; cpu; edgetpu: a Coral stick or card"
    )
    retry_s: Annotated[float, Field(ge=1, le=86400)] = Field(
        600, description="how long a Coral that failed is left alone before it is tried again, seconds"
    )
    threads: Annotated[int, Field(ge=1, le=16)] = Field(1, description="threads of the interpreter")


class MoodConfig(Table):
    smoothing_s: Annotated[float, Field(ge=0, le=60)] = Field(
        0.2, description="time constant of the smoothing of scores, seconds; 0: none"
    )
    min_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.4, description="below this smoothed score no emotion begins; it is uncertain instead, 0..1"
    )
    leave_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.2, description="below this smoothed score an emotion ends, 0..1; at most min_confidence counts"
    )
    switch_margin: Annotated[float, Field(ge=0, le=1)] = Field(
        0.3, description="by how much another emotion's score must lead before it is told, 0..1"
    )
    min_dwell_s: Annotated[float, Field(ge=0, le=60)] = Field(
        0.5, description="an emotion that was told holds at least this long, seconds"
    )
    uncertain_after_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        3, description="a face that could not be read for so long is uncertain, seconds"
    )
    no_face_after_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        1, description="how long after the last face was lost no_face is told, seconds"
    )
