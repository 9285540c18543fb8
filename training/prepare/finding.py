"""From a picture file to face crops: the same search and the same cut as on the device. Runs in workers."""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.errors import PictureError
from edge.faces.schedule import find_once
from edge.files import replacing
from edge.pictures import read_gray
from edge.preprocessing import crop_face, resize_face
from edge.records import Box, Gray
from training.prepare.hashing import perceptual_hash, pixel_digest
from training.prepare.journal import FoundFace, Job, Outcome
from training.prepare.settings import CROP_MARGIN, FacesRule

_PER_FOLDER = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """Some pictures for a worker, and what to do with them."""

    jobs: tuple[Job, ...]
    raw: Path
    crops: Path
    rule: FacesRule
    side_px: int


@dataclass(frozen=True, slots=True)
class Done:
    """A task's outcomes.

    Attributes:
        worker: its process.
        peak_mb: the most memory that the worker has held so far.
    """

    outcomes: tuple[Outcome, ...]
    worker: int
    peak_mb: float


def start_worker() -> None:
    """Prepare a worker process: one thread each, ended by its parent alone, and never outliving it."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def look_at(task: Task) -> Done:
    """Find, cut and write the faces of a task's pictures."""
    outcomes = tuple(_look(job, task) for job in task.jobs)
    return Done(outcomes, os.getpid(), peak_memory_mb())


def peak_memory_mb() -> float:
    """The most memory that this process has held; getrusage would count what its parent held when it began."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def crop_path(crops: Path, identity: int, number: int) -> Path:
    """Where the crop of a picture's face lies until all is done."""
    return crops / f"{identity // _PER_FOLDER:06d}" / f"{identity}_{number}.png"


def _look(job: Job, task: Task) -> Outcome:
    path = task.raw / os.fsdecode(job.path)
    try:
        gray = read_gray(path)
    except PictureError as error:
        return Outcome(job, reason=f"unreadable: {str(error).removeprefix(f'{path}: ')}")
    boxes = _boxes(gray, task.rule)
    if not boxes:
        return Outcome(job, reason="no face found")
    photo = perceptual_hash(gray)
    return Outcome(job, tuple(_keep(gray, box, photo, job, index, task) for index, box in enumerate(boxes)))


def _boxes(gray: Gray, rule: FacesRule) -> list[Box]:
    if rule is FacesRule.SKIP:
        return [Box(0, 0, gray.shape[1], gray.shape[0])]
    found = find_once(gray)
    return found if rule is FacesRule.ALL else found[:1]


def _keep(gray: Gray, box: Box, photo: bytes, job: Job, number: int, task: Task) -> FoundFace:
    crop = crop_face(gray, box, 0.0 if task.rule is FacesRule.SKIP else CROP_MARGIN)
    face = resize_face(crop, task.side_px)
    with replacing(crop_path(task.crops, job.id, number)) as temporary:
        if not cv2.imwrite(str(temporary), face):
            raise OSError(f"{temporary} could not be written; is the disk full?")
    return FoundFace(box, gray.shape[::-1], perceptual_hash(crop), photo, pixel_digest(face))
