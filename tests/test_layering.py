"""Who may import whom (README, layout). Read from the code, so that it cannot be forgotten."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Third-party modules that each package may import, wherever in a file the import stands.
ALLOWED = {
    "edge": {"numpy", "cv2", "ai_edge_litert", "tflite_runtime", "paho", "pydantic", "rich", "segno"}
    | {"waitress"}  # the aim page
    | {"amqtt", "skimage"}  # the extra demo
    | {"PIL"},  # where it is there: letters that OpenCV lacks
    "convert": {"edge", "training", "tensorflow", "keras", "numpy", "cv2", "pydantic", "rich"}
    | {"ai_edge_litert"}
    | {"scipy"},  # the calibration temperature
    "training": {"edge", "keras", "numpy", "cv2", "sklearn", "scipy", "matplotlib", "pydantic", "rich"}
    | {"h5py"}  # Keras's own files of before 2024
    | {"jax"}  # several machines
    | {"ai_edge_litert"}  # what stands in a TFLite file of unknown origin
    | {"jinja2", "markupsafe"}  # the template of reports
    | {"threadpoolctl"}  # the regression on action units
    | {"mediapipe"},  # in an environment of its own
}

#: Modules that few have, and the only files that may import them.
DEMO_ONLY = {"amqtt": "mqtt/embedded.py", "skimage": "clip.py"}
EXPLAIN_ONLY = {"mediapipe": "explain/mesh_process.py"}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def modules_of(package: str) -> list[Path]:
    paths = sorted((ROOT / package).rglob("*.py"))
    assert len(paths) > 5
    return paths


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    allowed = ALLOWED[package] | set(sys.stdlib_module_names) | {package}
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of(package)
        for name in imports_of(path)
        if name.split(".")[0] not in allowed
    }
    assert not found


def test_what_the_demo_needs_is_imported_in_one_place() -> None:
    for path in modules_of("edge"):
        for name in imports_of(path):
            place = DEMO_ONLY.get(name.split(".")[0])
            assert place is None or path == ROOT / "edge" / place


def test_mediapipe_is_imported_in_one_place() -> None:
    for path in modules_of("training"):
        for name in imports_of(path):
            place = EXPLAIN_ONLY.get(name.split(".")[0])
            assert place is None or path == ROOT / "training" / place


def test_of_training_convert_imports_data_and_metrics_but_no_fitting() -> None:
    imported = {name for path in modules_of("convert") for name in imports_of(path)}
    assert not {"training.fit", "training.augmentation", "training.cli"} & imported


STEPS = ("cameras", "faces", "emotion", "mqtt")


@pytest.mark.parametrize("step", STEPS)
def test_no_step_of_the_device_knows_its_neighbours(step: str) -> None:
    imported = {name for path in (ROOT / "edge" / step).rglob("*.py") for name in imports_of(path)}
    assert not {
        name for name in imported if name.startswith(tuple(f"edge.{other}" for other in STEPS if other != step))
    }


@pytest.mark.parametrize("module", ["edge.cli", "edge.pipeline", "edge.service", "edge.bench", "edge.watch"])
def test_the_device_part_loads_no_tensorflow(module: str) -> None:
    program = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "training", "convert", "torch", "jax"} & set(loaded.stdout.split())


def test_importing_edge_loads_neither_opencv_nor_an_interpreter() -> None:
    program = "import sys, edge; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"cv2", "numpy", "ai_edge_litert", "pydantic"} & set(loaded.stdout.split())


def test_the_device_installs_without_tensorflow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = " ".join(project["dependencies"] + project["optional-dependencies"]["demo"])
    assert "tensorflow" not in needed and "keras" not in needed
