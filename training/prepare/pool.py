"""All cores look at pictures; few tasks wait at a time, so that memory does not grow with their number."""

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context

from training.prepare.finding import Done, Task, look_at, start_worker
from training.prepare.journal import Job, Outcome

#: Pictures in a task: few enough for a steady bar, enough to hide what passing them on costs.
_PICTURES = 8
_TASKS_PER_WORKER = 3

_LETHAL = "unreadable: the process that read it was ended by it, or for lack of memory"

logger = logging.getLogger(__name__)


def look_at_all(jobs: Iterable[Job], task: Task, workers: int) -> Iterator[Done]:
    """Look at every picture, on so many processes, in whatever order they are done.

    Where a process dies, its pictures are looked at one by one; one that it dies of again is skipped.

    Args:
        jobs: the pictures; taken as there is room for them.
        task: what is to be done with them; its own are not looked at.
    """
    waiting = iter(jobs)
    while True:
        lost: list[Job] = []
        yield from _run(waiting, task, workers, _PICTURES, lost.extend)
        if not lost:
            return
        logger.warning("a process that found faces was ended; its pictures are looked at one by one")
        yield from _one_by_one(lost, task)


def _one_by_one(jobs: list[Job], task: Task) -> Iterator[Done]:
    rest = iter(jobs)
    while True:
        lost: list[Job] = []
        yield from _run(rest, task, 1, 1, lost.extend, ahead=1)
        if not lost:
            return
        yield Done(tuple(Outcome(job, reason=_LETHAL) for job in lost), 0, 0.0)


def _run(
    jobs: Iterator[Job],
    task: Task,
    workers: int,
    size: int,
    lose: Callable[[tuple[Job, ...]], object],
    ahead: int = _TASKS_PER_WORKER,
) -> Iterator[Done]:
    """Until all is done or a process dies; `lose` is then told what was under way."""
    under_way: dict[Future[Done], tuple[Job, ...]] = {}
    # spawned, for a forked child would share the journal's open file
    pool = ProcessPoolExecutor(workers, get_context("spawn"), start_worker)
    try:
        while True:
            while len(under_way) < workers * ahead and (some := tuple(itertools.islice(jobs, size))):
                under_way[_submit(pool, replace(task, jobs=some))] = some
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                some = under_way.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lose(some)
                    for others in under_way.values():
                        lose(others)
                    return
    finally:
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, task: Task) -> Future[Done]:
    try:
        return pool.submit(look_at, task)
    except BrokenProcessPool as error:
        failed: Future[Done] = Future()
        failed.set_exception(error)
        return failed
