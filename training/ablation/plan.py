"""The plan of an ablation: a TOML file with what all fits have in common, and a row for each.

    [common]                     # options of `mien-train fit`, without their dashes
    network = "mien"
    epochs = 20

    [[row]]
    name = "as it ships"         # the first is what the others are compared with

    [[row]]
    name = "no disturbances"
    augmentation = 0

Teachers may be named by the row that fits them, which then has to stand above.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import UsageError

#: What is the command's own affair, and no part of a recipe.
_NOT_OF_A_ROW = frozenset({"data", "out", "resume", "force", "seeds", "debug"})


@dataclass(frozen=True, slots=True)
class Row:
    """One recipe.

    Attributes:
        settings: options of fit by name, those that all rows have in common among them.
        own: those that are the row's own.
    """

    name: str
    settings: Mapping[str, Any]
    own: Mapping[str, Any]

    @property
    def folder(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


def read_plan(path: Path) -> list[Row]:
    """The rows of a plan.

    Raises:
        UsageError: it is missing, no TOML, or no plan.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    if unknown := sorted(set(tables) - {"common", "row"}):
        raise UsageError(f"{path}: {unknown[0]} is an unknown table; expected [common] and [[row]]")
    common, entries = tables.get("common", {}), tables.get("row", [])
    if not (isinstance(common, dict) and isinstance(entries, list) and entries):
        raise UsageError(f"{path} holds no row; expected [[row]] with a name, for each fit")
    rows = list(_rows(path, common, entries))
    folders = [row.folder for row in rows]
    if twice := next((row.name for row in rows if folders.count(row.folder) > 1), None):
        raise UsageError(f"{path}: the name {twice!r} stands twice, or another is too like it")
    return rows


def _rows(path: Path, common: Mapping[str, Any], entries: Sequence[Any]) -> Iterator[Row]:
    for number, entry in enumerate(entries, 1):
        own = dict(entry) if isinstance(entry, dict) else {}
        name = own.pop("name", "")
        if not (isinstance(name, str) and re.search("[a-z0-9]", name.lower())):
            raise UsageError(f'{path}: row {number} has no name; expected name = "…" with a letter in it')
        settings = {key.replace("_", "-"): value for key, value in {**common, **own}.items()}
        if taken := sorted(_NOT_OF_A_ROW & set(settings)):
            raise UsageError(f"{path}: row {name!r} sets {taken[0]}, which is an option of `mien-train ablate`")
        yield Row(name, settings, own)


def choose(rows: Sequence[Row], names: Sequence[str] | None, path: Path) -> list[Row]:
    """The rows of these names, in the plan's order; all without names."""
    known = [row.name for row in rows]
    if unknown := [name for name in names or () if name not in known]:
        raise UsageError(f"{path} has no row {unknown[0]!r}; expected one of: {', '.join(known)}")
    return [row for row in rows if not names or row.name in names]


def command_words(row: Row, rows: Sequence[Row], data: Path, out: Path, seed: int | None) -> list[str]:
    """The fit of a row as it would be typed; it goes on where it was."""
    words = ["fit", "--data", str(data), "--out", str(run_folder(out, row, seed)), "--resume"]
    runs = {other.name: str(run_folder(out, other, seed)) for other in rows}
    for option, value in row.settings.items():
        values = value if isinstance(value, list) else [value]
        if option == "teachers":
            values = [runs.get(str(one), one) for one in values]
        if not (option == "seed" and seed is not None):
            words += [f"--{option}", *map(str, values)]
    return words + (["--seed", str(seed)] if seed is not None else [])


def run_folder(out: Path, row: Row, seed: int | None) -> Path:
    return out / row.folder if seed is None else out / row.folder / f"seed-{seed}"
