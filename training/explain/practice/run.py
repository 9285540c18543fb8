"""`mien-train explain practice`: make ready, print the address, serve until it is stopped."""

import argparse
import random
import signal

from training.datasets import load_splits
from training.explain.asked import measured_by, opinions_by
from training.explain.practice.lessons import make_lessons
from training.explain.practice.progress import load_progress, usual_path
from training.explain.practice.server import PracticeServer
from training.explain.practice.teacher import Teacher
from training.explain.split_rows import rows_of_split
from training.splits import Split


def run_practice(options: argparse.Namespace) -> None:
    """Run it until Ctrl-C, or until it is told to end.

    Raises:
        UsageError: the port is in use, or options do not go together.
        DataError: the data, the action units or the progress cannot be read.
    """
    teacher = make_teacher(options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with PracticeServer(teacher, options.port) as server:
        print(f"{teacher.lessons.pictures:,} pictures of {len(teacher.lessons.expressions)} expressions")
        print(f"progress: {teacher.progress.path}")
        print(f"open {server.url} on this computer; Ctrl-C ends it", flush=True)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print("ended; the progress is kept")


def make_teacher(options: argparse.Namespace) -> Teacher:
    progress = load_progress(options.progress or usual_path())
    measured, opinion = measured_by(options), opinions_by(options)[0]
    faces = load_splits(options.data, (Split.PUBLIC,))[Split.PUBLIC]
    return Teacher(
        faces,
        make_lessons(faces, options.votes),
        opinion,
        progress,
        measured,
        rows_of_split(measured.table, Split.PUBLIC) if measured else {},
        options.lang,
        random.Random(options.seed),
    )
