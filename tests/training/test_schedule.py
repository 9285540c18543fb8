import pytest

from tests.conftest import require
from training.config import FitConfig

require("training")
from training.schedule import has_stopped, plateau_rate  # noqa: E402 - only after the skip

PLATEAU = FitConfig(schedule="plateau", learning_rate=1.0, warmup_epochs=2)


def history(*losses: float) -> list[dict[str, float]]:
    return [{"public_loss": loss, "public_figure": 1 - loss} for loss in losses]


def test_the_rate_rises_in_the_warm_up_and_halves_on_each_plateau() -> None:
    losses = [0.9, 0.8, 0.7, 0.7, 0.71, 0.7, 0.7, 0.7, 0.7, 0.6]
    rates = [plateau_rate(PLATEAU, history(*losses[:done])) for done in range(len(losses) + 1)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])


def test_a_run_ends_when_its_best_epoch_is_long_ago() -> None:
    patient = FitConfig(early_stopping=2)
    assert not has_stopped(patient, [])
    assert not has_stopped(patient, history(0.5, 0.4, 0.6))
    assert has_stopped(patient, history(0.5, 0.4, 0.6, 0.4))
    assert not has_stopped(FitConfig(), history(0.1, 0.9, 0.9, 0.9, 0.9))
