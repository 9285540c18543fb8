"""The same fit from several seeds: one figure is luck, three say how much."""

import logging
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from training import runs
from training.fit import Outcome

logger = logging.getLogger(__name__)


def run_seeds(out: Path, seeds: range, command: str, run: Callable[[int, Path], Outcome]) -> Mapping[str, Any]:
    """Run once for each seed, in RUN/seed-0 and so on, and sum up.

    Args:
        out: RUN.
        seeds: which.
        command: as it was typed.
        run: fits with a seed into a folder.

    Returns:
        What summary.json holds: "seeds", "figure", "mean" and "deviation" (of a sample), 0..1.
    """
    outcomes = {}
    for seed in seeds:
        logger.info("seed %d", seed)
        outcomes[seed] = run(seed, seed_folder(out, seed))
        keras.backend.clear_session(free_memory=True)
    figures = [outcome.best for outcome in outcomes.values()]
    summary = {
        "v": 1,
        "command": command,
        "split": "PublicTest",
        "figure": next(iter(outcomes.values())).figure,
        "mean": round(statistics.fmean(figures), 5),
        "deviation": round(statistics.stdev(figures), 5),
        "seeds": [
            {
                "seed": seed,
                "run": seed_folder(out, seed).name,
                "best": round(outcome.best, 5),
                "best_epoch": outcome.best_epoch,
                "epochs": outcome.epochs,
            }
            for seed, outcome in outcomes.items()
        ],
    }
    runs.write_json(out / runs.SUMMARY_FILE, summary)
    return summary


def seed_folder(out: Path, seed: int) -> Path:
    return out / f"seed-{seed}"
