"""What a run of prepare came to: for people a table, for programs one document."""

import logging
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from rich.console import Group
from rich.table import Table
from rich.text import Text

from training.prepare.journal import Journal
from training.prepare.settings import DEFAULT_SHARES, SIDES, Settings, Shares
from training.prepare.writing import left_out

logger = logging.getLogger(__name__)

_GROUPS = """(SELECT COUNT(*) AS n, COUNT(DISTINCT label) AS labels FROM outcomes JOIN inputs ON id = input
    WHERE grp IS NOT NULL GROUP BY grp)"""


class Summary(BaseModel):
    """One run.

    Attributes:
        inputs: files looked at, in all runs together.
        kept: faces written.
        duplicates: faces left out for an equal one or, where RAW's sides were kept, a near one elsewhere.
        skipped: pictures without a face to use, by reason.
        faces: kept, by label and side.
        groups: sets of near-copies, and of faces of one picture; each on one side.
        mixed_groups: those with different labels in them.
        looked_at: pictures that this very run looked at; the rest was done before it was stopped.
        pictures_per_s: of these; None where there were none.
        memory_mb: the most that the main process held, and the workers together.
    """

    model_config = ConfigDict(frozen=True)

    out: str
    classes: Sequence[str]
    side_px: int
    inputs: int
    kept: int
    duplicates: int
    skipped: Mapping[str, int]
    faces: Mapping[str, Mapping[str, int]]
    groups: int
    mixed_groups: int
    looked_at: int
    pictures_per_s: float | None
    memory_mb: Mapping[str, float]
    seconds: float


def count_skipped(journal: Journal, classes: Sequence[str]) -> dict[str, int]:
    """Inputs without a face to use, by the kind of reason; most frequent first."""
    counts: dict[str, int] = {}
    query = """SELECT label, reason, COUNT(*) FROM inputs LEFT JOIN outcomes ON input = id WHERE status IS NULL
        GROUP BY label, reason"""
    for label, reason, count in journal.database.execute(query):
        kind = (reason or left_out(label, classes)).split(":")[0]
        counts[kind] = counts.get(kind, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def summarize(
    journal: Journal,
    settings: Settings,
    faces: Mapping[str, Mapping[str, int]],
    looked_at: int,
    finding_s: float,
    memory_mb: Mapping[str, float],
    seconds: float,
) -> Summary:
    def count(query: str) -> int:
        return int(journal.database.execute(query).fetchone()[0])

    return Summary(
        out=str(settings.out),
        classes=list(faces),
        side_px=settings.side_px,
        inputs=count("SELECT COUNT(*) FROM inputs"),
        kept=count("SELECT COUNT(*) FROM outcomes WHERE status = 'kept'"),
        duplicates=count("SELECT COUNT(*) FROM outcomes WHERE status = 'duplicate'"),
        skipped=count_skipped(journal, list(faces)),
        faces=faces,
        groups=count(f"SELECT COUNT(*) FROM {_GROUPS} WHERE n > 1"),
        mixed_groups=count(f"SELECT COUNT(*) FROM {_GROUPS} WHERE labels > 1"),
        looked_at=looked_at,
        pictures_per_s=round(looked_at / finding_s, 1) if looked_at and finding_s else None,
        memory_mb={name: round(size, 1) for name, size in memory_mb.items()},
        seconds=round(seconds, 1),
    )


def warn_of_empty(faces: Mapping[str, Mapping[str, int]], shares: Shares | None) -> None:
    """Say which parts lack a label, for what is fitted or measured on them is then not what it seems."""
    used = [SIDES[index] for index in (shares.used if shares else range(len(SIDES)))]
    totals = {side: sum(by_side[side] for by_side in faces.values()) for side in used}
    for side in (side for side in used if not totals[side]):
        logger.warning("no face is in %s; --split %s divides all pictures anew", side, DEFAULT_SHARES.text)
    for label, by_side in faces.items():
        for side in (side for side in used if totals[side] and not by_side[side]):
            logger.warning("label %s has no face in %s: it has too few different pictures", label, side)


def summary_table(summary: Summary) -> Group:
    """For a terminal."""
    table = Table("label", box=None)
    for name in (*SIDES, "all"):
        table.add_column(name, justify="right")
    for label, by_side in summary.faces.items():
        counts = [by_side[side] for side in SIDES]
        table.add_row(label, *(f"{count:,}" for count in (*counts, sum(counts))))
    totals = [sum(by_side[side] for by_side in summary.faces.values()) for side in SIDES]
    table.add_row("all", *(f"{count:,}" for count in (*totals, sum(totals))), style="bold")
    return Group(table, "", *(Text(line) for line in _lines(summary)))


def _lines(summary: Summary) -> list[str]:
    side_px = summary.side_px
    lines = [
        f"{summary.out}: {summary.kept:,} faces of {side_px}x{side_px} pixels from {summary.inputs:,} files"
    ]
    lines += [f"  skipped, {reason}: {count:,}" for reason, count in summary.skipped.items()]
    if summary.duplicates:
        lines.append(f"  left out as duplicates: {summary.duplicates:,}")
    if summary.groups:
        lines.append(f"  groups of near-copies or of one picture's faces, each on one side: {summary.groups:,}")
    if summary.mixed_groups:
        lines.append(f"  of these with different labels, which the manifest names: {summary.mixed_groups:,}")
    if summary.pictures_per_s:
        lines.append(f"  {summary.looked_at:,} pictures looked at, {summary.pictures_per_s:.0f} a second")
    return lines
