"""What was found of each run, in one file beside them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training import runs

TABLE_FILE = "ablation.json"


def read_known(out: Path) -> dict[str, Mapping[str, Any]]:
    """What earlier calls found, by the run's folder."""
    return {entry["run"]: entry for entry in runs.read_document(out / TABLE_FILE).get("runs", [])}


def write_found(out: Path, plan: Path, command: str, found: Mapping[str, Mapping[str, Any]]) -> None:
    document = {
        "v": 1,
        "plan": plan.name,
        "split": "PublicTest",
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": runs.installed_versions(),
        "runs": list(found.values()),
    }
    out.mkdir(parents=True, exist_ok=True)
    runs.write_json(out / TABLE_FILE, document)
