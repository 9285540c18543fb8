"""[privacy]: where the privacy switch keeps its position."""

import os
from pathlib import Path

from pydantic import Field

from edge.config.table import Table


class PrivacyConfig(Table):
    folder: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="where the privacy switch keeps its position; default: the service's /var/lib/mien, else "
        "~/.local/state/mien",
    )


def state_folder(privacy: PrivacyConfig) -> Path:
    """Where what has to outlive the power is kept."""
    if privacy.folder:
        return Path(os.path.expanduser(privacy.folder))
    if folder := os.environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")) / "mien"
