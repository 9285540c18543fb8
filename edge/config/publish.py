"""[publish]: what is told how often, and what waits."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edge.config.table import Table


class PublishConfig(Table):
    to: Literal["mqtt", "log"] = Field("mqtt", description="mqtt, or log: JSON lines on standard output")
    interval_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        0.5, description="at most one state message in this time, seconds"
    )
    heartbeat_s: Annotated[float, Field(gt=0, le=86400)] = Field(
        30, description="at least one state message in this time, seconds"
    )
    max_per_minute: Annotated[int, Field(ge=20, le=100_000)] = Field(
        1200, description="at most so many messages a minute, whatever happens before the camera"
    )
    outbox: Path | None = Field(
        None,
        strict=False,
        description="file in which messages that must arrive wait for the broker, so that they outlive a "
        "restart; default: none, they wait in memory",
    )
    outbox_max_messages: Annotated[int, Field(ge=10, le=1_000_000)] = Field(
        5000, description="most messages that wait; the oldest give way"
    )
    outbox_max_age_s: Annotated[float, Field(ge=1, le=31_536_000)] = Field(
        86400, description="a message that has waited so long is given up, seconds"
    )

    @model_validator(mode="after")
    def _heart_beats_slower(self) -> "PublishConfig":
        if self.heartbeat_s < self.interval_s:
            raise ValueError(
                f"heartbeat_s is {self.heartbeat_s:g} and interval_s is {self.interval_s:g}; "
                "expected heartbeat_s to be the longer one"
            )
        return self
