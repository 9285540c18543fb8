"""A run of prepare from begin to end, or from where the last one was stopped."""

import fcntl
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.errors import DataError, MienError, UsageError
from training.classes import choose_order
from training.prepare import writing
from training.prepare.contact_sheet import draw_sheet
from training.prepare.deciding import decide
from training.prepare.finding import Task, peak_memory_mb
from training.prepare.journal import Journal, Outcome, shown
from training.prepare.pool import look_at_all
from training.prepare.progress import Steps, show_steps
from training.prepare.scanning import is_divided, scan
from training.prepare.settings import CROP_MARGIN, DEFAULT_SHARES, Settings, Shares
from training.prepare.summary import Summary, summarize, warn_of_empty

_JOURNAL_FILE, _LOCK_FILE = "journal.sqlite", "lock"
_CROPS, _RESULT = "crops", "result"
_SHOWN_LIMIT = 20
_SAVE_EVERY_S = 0.25

logger = logging.getLogger(__name__)


def prepare(settings: Settings) -> Summary:
    """Make a data set of RAW.

    Raises:
        UsageError: `out` may not be written.
        DataError: RAW is not as expected, or gives too few faces; or the journal is damaged.
        OSError: the disk is full or may not be written.
    """
    start_s = time.monotonic()
    out = settings.out.resolve()
    _expect_apart(settings.raw.resolve(), out, settings)
    divided = is_divided(settings.raw)
    shares = settings.shares or (None if divided else DEFAULT_SHARES)
    work = out.with_name(f".{out.name}.prepare")
    with _hold(work, settings), _open_journal(work, settings) as journal, show_steps() as steps:
        if _is_published(journal, settings, work):
            looked = _Looked()
        else:
            looked = _make(journal, settings, work, divided, shares, steps)
        faces = writing.count_faces(journal, (journal.noted("classes") or "").split("\n"))
        warn_of_empty(faces, shares)
        memory_mb = {"main": peak_memory_mb(), "workers": looked.memory_mb}
        seconds = time.monotonic() - start_s
        summary = summarize(journal, settings, faces, looked.pictures, looked.seconds, memory_mb, seconds)
        _clear(work)
    return summary


@dataclass(frozen=True, slots=True)
class _Looked:
    """How many pictures this run looked at, how long it took, and the most that its workers held together."""

    pictures: int = 0
    seconds: float = 0.0
    memory_mb: float = 0.0


def _make(
    journal: Journal, settings: Settings, work: Path, divided: bool, shares: Shares | None, steps: Steps
) -> _Looked:
    out = settings.out.resolve()
    writing.expect_free(out, settings.force)
    steps.begin("listing pictures")
    journal.take_scan(scan(settings.raw, divided))
    classes = _classes(journal, settings, shares)
    looked = _find(journal, settings, work, classes, steps)
    steps.begin("looking for near-copies")
    decide(journal, settings, classes, shares)
    _build(journal, settings, work, classes, shares, steps)
    _publish(journal, settings, work, out)
    return looked


def _expect_apart(raw: Path, out: Path, settings: Settings) -> None:
    if raw == out or raw in out.parents or out in raw.parents:
        raise UsageError(
            f"--out {settings.out} and RAW {settings.raw} lie in each other; expected folders apart"
        )


@contextmanager
def _hold(work: Path, settings: Settings) -> Iterator[None]:
    """The hidden folder, for one process at a time; the lock goes with the process, however it ends.

    It stays after an error, so that found faces are not looked for again; it goes where there are none.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / _LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another process is preparing {settings.out}; wait for it, or stop it") from None
        try:
            yield
        except MienError:
            if not (work / _CROPS).exists():
                _clear(work)
            raise
        except sqlite3.Error as error:
            raise DataError(
                f"{work / _JOURNAL_FILE}: {error}; is the disk full? Remove {work} to begin anew"
            ) from None


def _open_journal(work: Path, settings: Settings) -> Journal:
    """The journal of the run that was stopped, or a new one where that one looked for other faces."""
    path = work / _JOURNAL_FILE
    if path.exists():
        journal = Journal(path)
        if journal.noted("finding") == settings.finding:
            return journal
        journal.database.close()
        logger.info("the unfinished work on %s was on other pictures or sizes; beginning anew", settings.out)
    path.unlink(missing_ok=True)
    for left in work.iterdir():
        if left.name != _LOCK_FILE:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    journal = Journal(path)
    journal.note("finding", settings.finding)
    return journal


def _classes(journal: Journal, settings: Settings, shares: Shares | None) -> Sequence[str]:
    """The class order; every class has pictures enough, as far as can be known before any is opened."""
    counts = journal.count_by_label()
    if not counts:
        raise DataError(
            f"{settings.raw} holds no pictures in label folders; expected such as {settings.raw}/happy/1.jpg"
        )
    classes: Sequence[str] = choose_order(list(counts), given=settings.classes).names
    if len(classes) < 2:
        raise DataError(f"{settings.raw} holds only the label {classes[0]}; expected two or more label folders")
    needed = len(shares.used) if shares else 1
    for name in classes:
        if counts[name] < needed:
            pictures = f"{counts[name]} picture{'' if counts[name] == 1 else 's'}"
            raise DataError(
                f"label {name} has {pictures}; expected at least {needed}, one for each part of the split; add "
                "pictures, or leave the label out by --classes"
            )
    return classes


def _find(journal: Journal, settings: Settings, work: Path, classes: Sequence[str], steps: Steps) -> _Looked:
    """Look at all pictures that were not looked at yet."""
    total = journal.count_pending(classes)
    steps.begin("finding faces", total)
    if not total:
        return _Looked()
    start_s = saved_s = time.monotonic()
    task = Task((), settings.raw, work / _CROPS, settings.faces, settings.side_px)
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
    return _Looked(total, time.monotonic() - start_s, sum(peaks_mb.values()))


def _build(
    journal: Journal,
    settings: Settings,
    work: Path,
    classes: Sequence[str],
    shares: Shares | None,
    steps: Steps,
) -> None:
    """Make the whole result in the hidden folder; what a stopped run left there is thrown away."""
    journal.note("state", "building")
    journal.note("classes", "\n".join(classes))
    result = work / _RESULT
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
    for _ in writing.build(journal, work / _CROPS, result, card):
        steps.advance(1)
    sheet = draw_sheet(result, faces)
    if not cv2.imwrite(str(result / writing.SHEET_FILE), sheet):
        raise OSError(f"{result / writing.SHEET_FILE} could not be written; is the disk full?")


def _publish(journal: Journal, settings: Settings, work: Path, out: Path) -> None:
    journal.note("state", _publishing(settings))
    old = work / "old"
    if old.exists():
        shutil.rmtree(old)
    writing.publish(work / _RESULT, out, old)


def _is_published(journal: Journal, settings: Settings, work: Path) -> bool:
    """Whether this very run was stopped after its result had got its name."""
    is_there = writing.is_result(settings.out) and not (work / _RESULT).exists()
    return is_there and journal.noted("state") == _publishing(settings)


def _publishing(settings: Settings) -> str:
    shares = settings.shares.text if settings.shares else ""
    return f"publishing seed={settings.seed} split={shares} classes={','.join(settings.classes or ())}"


def _clear(work: Path) -> None:
    """Remove the hidden folder; the journal first, without which the rest is known to be of no use."""
    (work / _JOURNAL_FILE).unlink(missing_ok=True)
    shutil.rmtree(work)
