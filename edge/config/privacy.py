"""[privacy]: where the privacy switch keeps its position, and how little is told."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from edge.config.table import Table


class PrivacyConfig(Table):
    folder: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="where the privacy switch keeps its position; default: the service's /var/lib/mien, else "
        "~/.local/state/mien",
    )
    aggregate_only: bool = Field(
        False,
        description="tell nothing of a single face: no state and no faces, but the last minute's summary of "
        "the time in which min_faces or more were in view",
    )
    min_faces: Annotated[int, Field(ge=2, le=50)] = Field(
        3,
        description="how many faces have to be in view for a moment to count, where aggregate_only is set",
    )


def least_faces(privacy: PrivacyConfig) -> int:
    """How many faces have to be in view for anything to be told of them; 0: however few."""
    return privacy.min_faces if privacy.aggregate_only else 0


def state_folder(privacy: PrivacyConfig) -> Path:
    """Where what has to outlive the power is kept."""
    if privacy.folder:
        return Path(os.path.expanduser(privacy.folder))
    if folder := os.environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")) / "mien"
