import os
import subprocess
import sys
from pathlib import Path

import pytest

_BLOCKING = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Blocked())
from training.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without(names: set[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mien-train on a machine that lacks some packages."""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    program = _BLOCKING.format(names=names)
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_help_needs_nothing_of_the_extra() -> None:
    done = run_without({"keras", "sklearn", "matplotlib", "tensorflow", "jax", "torch"}, "fit", "--help")
    assert done.returncode == 0
    assert "--learning-rate" in done.stdout


@pytest.mark.training
@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"keras"}, "needs keras, which is not installed; try: pip install 'mien[training]'"),
        ({"tensorflow", "jax", "torch"}, "needs a backend of Keras (tensorflow, jax or torch)"),
    ],
)
def test_a_missing_extra_is_one_line_with_the_install_that_brings_it(names: set[str], said: str) -> None:
    done = run_without(names, "networks")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.tensorflow
def test_a_missing_package_beside_keras_is_named_too(tmp_path: Path) -> None:
    done = run_without({"sklearn"}, "evaluate", str(tmp_path), "--data", str(tmp_path))
    assert done.returncode == 2
    assert "needs sklearn" in done.stderr


@pytest.mark.tensorflow
def test_the_guard_against_onednns_crash_is_set_before_keras_and_leaves_a_users_choice_alone() -> None:
    program = (
        "import os; from training.backend import prepare_backend; "
        "prepare_backend(); print(os.environ['ONEDNN_MAX_CPU_ISA'])"
    )
    for given, expected in (({}, "AVX2"), ({"ONEDNN_MAX_CPU_ISA": "SSE41"}, "SSE41")):
        plain = {name: value for name, value in os.environ.items() if name != "ONEDNN_MAX_CPU_ISA"}
        done = subprocess.run(
            [sys.executable, "-c", program], env={**plain, **given}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
        assert not done.stderr
