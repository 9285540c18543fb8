"""A run of prepare from begin to end, or from where the last one was stopped."""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2

from edge.errors import DataError, UsageError
from edge.files import replacing
from training.classes import choose_order
from training.prepare import writing
from training.prepare.contact_sheet import draw_sheet
from training.prepare.deciding import decide
from training.prepare.finding import Task, peak_memory_mb
from training.prepare.journal import Journal, Outcome, shown
from training.prepare.pool import look_at_all
from training.prepare.progress import Steps, show_steps
from training.prepare.scanning import is_divided, scan
from training.prepare.settings import CROP_MARGIN, DEFAULT_SHARES, SIDES, Settings, Shares
from training.prepare.summary import Summary, summarize

_JOURNAL_FILE = "journal.sqlite"
_SHOWN_LIMIT = 20
_SAVE_EVERY_S = 1.0

logger = logging.getLogger(__name__)


def prepare(settings: Settings) -> Summary:
    """Make a data set of RAW.

    Raises:
        UsageError: `out` may not be written.
        DataError: RAW is not as expected, or gives too few faces.
        OSError: the disk is full or may not be written.
    """
    start_s = time.monotonic()
    out = settings.out.resolve()
    _expect_apart(settings.raw.resolve(), out, settings)
    divided = is_divided(settings.raw)
    shares = settings.shares or (None if divided else DEFAULT_SHARES)
    work = out.with_name(f".{out.name}.prepare")
    with _hold(work, settings), _open_journal(work, settings) as journal, show_steps() as steps:
        if not _is_published(journal, work, out):
            writing.expect_free(out, settings.force)
            steps.begin("listing pictures")
            journal.take_scan(scan(settings.raw, divided))
            classes = _classes(journal, settings, shares)
            looked_at, finding_s, workers_mb = _find(journal, settings, work, classes, steps)
            steps.begin("looking for near-copies")
            decide(journal, settings, classes, shares)
            _build(journal, settings, work, classes, shares, steps)
            _publish(journal, work, out)
        else:
            looked_at, finding_s, workers_mb = 0, 0.0, 0.0
            classes = (journal.noted("classes") or "").split("\n")
        faces = writing.count_faces(journal, classes)
        _warn_of_empty(faces, shares)
        memory_mb = {"main": peak_memory_mb(), "workers": workers_mb}
        seconds = time.monotonic() - start_s
        summary = summarize(journal, settings, faces, looked_at, finding_s, memory_mb, seconds)
    _clear(work)
    return summary


def _expect_apart(raw: Path, out: Path, settings: Settings) -> None:
    if raw == out or raw in out.parents or out in raw.parents:
        raise UsageError(f"--out {settings.out} and RAW {settings.raw} lie in each other; expected folders apart")


@contextmanager
def _hold(work: Path, settings: Settings) -> Iterator[None]:
    """The hidden folder, for one process at a time; the lock goes with the process, however it ends."""
    if not work.is_dir() and not settings.force:
        writing.expect_free(settings.out.resolve(), force=False)
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another process is preparing {settings.out}; wait for it, or stop it") from None
        yield


def _open_journal(work: Path, settings: Settings) -> Journal:
    """The journal of the run that was stopped, or a new one where that one looked for other faces."""
    path = work / _JOURNAL_FILE
    if path.exists():
        journal = Journal(path)
        if journal.noted("finding") == settings.finding:
            return journal
        journal.database.close()
        logger.info("the unfinished work on %s was with other options; beginning anew", settings.out)
    for old in work.iterdir():
        if old.name != "lock":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    journal = Journal(path)
    journal.note("finding", settings.finding)
    return journal


def _classes(journal: Journal, settings: Settings, shares: Shares | None) -> Sequence[str]:
    """The class order; every class has pictures enough, as far as can be known before any is opened."""
    counts = journal.count_by_label()
    if not counts:
        raise DataError(
            f"{settings.raw} holds no pictures in label folders; expected such as {settings.raw / 'happy' / '1.jpg'}"
        )
    classes = choose_order(list(counts), given=settings.classes).names
    if len(classes) < 2:
        raise DataError(f"{settings.raw} holds only the label {classes[0]}; expected two or more label folders")
    needed = len(shares.used) if shares else 1
    for name in classes:
        if counts[name] < needed:
            pictures = f"{counts[name]} picture{'' if counts[name] == 1 else 's'}"
            raise DataError(
                f"label {name} has {pictures}; expected at least {needed} for --split {shares.text if shares else ''}; "
                "add pictures, or leave the label out by --classes"
            )
    return classes


def _find(
    journal: Journal, settings: Settings, work: Path, classes: Sequence[str], steps: Steps
) -> tuple[int, float, float]:
    """Look at all pictures that were not looked at yet.

    Returns:
        How many, the seconds it took, and the most memory that the workers held together, megabytes.
    """
    total = journal.count_pending(classes)
    steps.begin("finding faces", total)
    if not total:
        return 0, 0.0, 0.0
    start_s = saved_s = time.monotonic()
    task = Task((), settings.raw, work / "crops", settings.faces, settings.side_px)
    unsaved: list[Outcome] = []
    peaks_mb: dict[int, float] = {}
    warned = 0
    for done in look_at_all(journal.pending(classes), task, settings.workers):
        unsaved.extend(done.outcomes)
        peaks_mb[done.worker] = done.peak_mb
        for outcome in done.outcomes:
            if outcome.reason and outcome.reason.startswith("unreadable"):
                warned += 1
                if warned <= _SHOWN_LIMIT:
                    logger.warning("skipped: %s: %s", shown(outcome.job.path), outcome.reason)
        steps.advance(len(done.outcomes))
        if time.monotonic() - saved_s >= _SAVE_EVERY_S:
            journal.record(unsaved)
            unsaved, saved_s = [], time.monotonic()
    journal.record(unsaved)
    return total, time.monotonic() - start_s, sum(peaks_mb.values())


def _build(
    journal: Journal, settings: Settings, work: Path, classes: Sequence[str], shares: Shares | None, steps: Steps
) -> None:
    """Make the whole result in the hidden folder; what a stopped run left there is thrown away."""
    result = work / "result"
    if result.exists():
        shutil.rmtree(result)
    card = writing.DataCard(
        classes=tuple(classes),
        side_px=settings.side_px,
        faces=settings.faces,
        crop_margin=CROP_MARGIN,
        command=settings.command,
        seed=settings.seed,
        split=shares.text if shares else "as RAW has it",
    )
    faces = writing.count_faces(journal, classes)
    steps.begin("writing", sum(sum(by_side.values()) for by_side in faces.values()))
    for _ in writing.build(journal, work / "crops", result, card):
        steps.advance(1)
    sheet = draw_sheet(result, faces)
    if not cv2.imwrite(str(result / writing.SHEET_FILE), sheet):
        raise OSError(f"{result / writing.SHEET_FILE} could not be written; is the disk full?")
    journal.note("classes", "\n".join(classes))


def _publish(journal: Journal, work: Path, out: Path) -> None:
    journal.note("state", "publishing")
    old = work / "old"
    if old.exists():
        shutil.rmtree(old)
    writing.publish(work / "result", out, old)


def _is_published(journal: Journal, work: Path, out: Path) -> bool:
    """Whether a run was stopped after the result had got its name."""
    is_there = writing.is_result(out) and not (work / "result").exists()
    return journal.noted("state") == "publishing" and is_there


def _clear(work: Path) -> None:
    """Remove the hidden folder; the journal first, without which the rest is known to be of no use."""
    (work / _JOURNAL_FILE).unlink(missing_ok=True)
    shutil.rmtree(work)
