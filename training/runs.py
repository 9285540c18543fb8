"""A RUN: the folder in which a fit leaves all that it was and did."""

import csv
import json
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edge.errors import UsageError
from edge.files import replacing, write_text
from training.config import FitConfig, config_from

CONFIG_FILE = "config.json"
VERSIONS_FILE = "versions.json"
HISTORY_FILE = "history.csv"
CURVES_FILE = "curves.png"
BEST_FILE = "best.keras"
STATE_FILE = "state.npz"
#: The columns of the history that learning curves are drawn of.
CURVES = ("epoch", "loss", "public_loss", "public_figure")
LOOKS_FILE = "looks.json"
DATA_FILE = "data.json"
START_FILE = "start.keras"
SUMMARY_FILE = "summary.json"
TENSORBOARD_FOLDER = "tensorboard"
_FILES = (
    CONFIG_FILE, VERSIONS_FILE, HISTORY_FILE, CURVES_FILE, BEST_FILE, STATE_FILE, LOOKS_FILE, DATA_FILE,
    START_FILE,
)  # fmt: skip
_PACKAGES = ("mien", "keras", "tensorflow", "jax", "torch", "numpy", "opencv-python-headless", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be fitted, and whether it is a new run or one to go on with."""

    config: FitConfig
    is_new: bool


def plan_run(
    out: Path, given: Mapping[str, Any], *, resume: bool, force: bool, usual: FitConfig | None = None
) -> Plan:
    """Decide on a new run, or read the configuration of one to go on with. Nothing is written yet.

    Args:
        out: the folder.
        given: the fields of FitConfig that the user named.
        resume: go on with the run of `out` if there is one.
        force: replace the run of `out`.
        usual: what the fields are that the user did not name; None: as for a fit.

    Raises:
        UsageError: `out` is in use, or an option differs from what the run began with.
    """
    if (out / CONFIG_FILE).is_file() and resume:
        return Plan(_same_config(out, given), is_new=False)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; expected a folder")
    if (out / CONFIG_FILE).is_file() and not force:
        raise UsageError(f"{out} holds a run; try --resume to go on with it or --force to replace it")
    return Plan(replace(usual or FitConfig(), **given), is_new=True)


def make_run(out: Path, plan: Plan, data: Mapping[str, Any], write_start: Callable[[Path], None]) -> None:
    """Make the folder of a new run in place of any other; tidy that of one to go on with.

    Args:
        out: the folder.
        plan: of the run.
        data: what it is fitted to, for people.
        write_start: writes what fine-tuning begins with, if it is one, to a path.
    """
    for half_written in out.glob(".*.part.*"):  # of a fit that was killed while it wrote
        half_written.unlink()
    if not plan.is_new:
        return
    for name in _FILES:
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / TENSORBOARD_FOLDER, ignore_errors=True)
    write_json(out / VERSIONS_FILE, installed_versions())
    write_json(out / DATA_FILE, data)
    if plan.config.base is not None:
        write_start(out / START_FILE)
    write_json(out / CONFIG_FILE, asdict(plan.config))  # the last: with it the folder is a run


def read_config(run: Path) -> FitConfig:
    try:
        stored = json.loads((run / CONFIG_FILE).read_text(encoding="utf-8"))
        return config_from(stored)
    except FileNotFoundError:
        raise UsageError(f"{run} holds no {CONFIG_FILE}; expected a folder made by `mien-train fit`") from None
    except (ValueError, TypeError):
        names = ", ".join(field.name for field in fields(FitConfig))
        raise UsageError(f"{run / CONFIG_FILE} is broken; expected JSON with {names}") from None


def _same_config(out: Path, given: Mapping[str, Any]) -> FitConfig:
    config = read_config(out)
    for name, value in given.items():
        if (stored := getattr(config, name)) != value:
            option = name.replace("_", "-")
            raise UsageError(
                f"--{option} is {value} where the run in {out} began with {stored}; "
                "leave it out, or start another run"
            )
    return config


def write_json(path: Path, document: Any) -> None:
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_history(run: Path, history: Sequence[Mapping[str, float]]) -> None:
    with replacing(run / HISTORY_FILE) as temporary, temporary.open("w", newline="") as file:
        names = {name: None for row in history for name in row}  # a resumed run may know more than before
        table = csv.DictWriter(file, fieldnames=list(names))
        table.writeheader()
        table.writerows(history)


def read_story(run: Path) -> dict[str, Any]:
    """For the card: the data, the versions, the epochs, which one's weights were kept, and the curves."""
    versions = json.loads((run / VERSIONS_FILE).read_text(encoding="utf-8"))
    history = read_history(run)
    best = max(history, key=lambda row: float(row["public_figure"]))
    path = run / DATA_FILE
    data = {"fitted_on": json.loads(path.read_text(encoding="utf-8"))} if path.is_file() else {}
    return {
        **data,
        "versions": versions,
        "epochs_done": len(history),
        "best_epoch": int(best["epoch"]),
        "history": {name: [round(float(row[name]), 5) for row in history] for name in CURVES},
    }


def read_history(run: Path) -> list[dict[str, str]]:
    """A row for each epoch, as text."""
    with (run / HISTORY_FILE).open(newline="") as file:
        return list(csv.DictReader(file))


def read_document(path: Path) -> dict[str, Any]:
    """JSON of ours; empty where there is no such file."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def read_looks(run: Path) -> list[dict[str, Any]]:
    """Every opening of PrivateTest for this run."""
    path = run / LOOKS_FILE
    looks: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return looks


def installed_versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
