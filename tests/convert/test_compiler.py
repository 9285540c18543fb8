import os
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from convert.cli import main
from convert.compiler_log import parse_log
from edge.emotion.bundle import EDGETPU_FILE, load_bundle
from edge.resources import resource_folder
from tests.convert import edgetpu_logs as logs
from tests.convert.stand_in_compiler import compiled, install

BUNDLE = resource_folder("models") / "mini_xception"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    copytree(BUNDLE, tmp_path / "models/bundle")
    return tmp_path / "models/bundle"


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a compiler that says so."""

    def installed(log: str) -> None:
        install(tmp_path / "bin", log)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    return installed


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_log_of_a_whole_compilation_is_read() -> None:
    log = parse_log(logs.WHOLE)
    assert (log.version, log.failure, log.is_whole, log.left) == ("16.0.384591198", None, True, ())
    assert (log.operations, log.subgraphs) == (33, 1)
    assert log.on_chip_bytes == 124 * 1024
    assert log.on_chip_free_bytes == round(7.75 * 1024**2)
    assert log.off_chip_bytes == 0
    assert sum(row.count for row in log.rows) == 33


def test_every_row_that_is_not_mapped_is_left_whatever_its_status() -> None:
    log = parse_log(logs.PARTLY)
    assert not log.is_whole
    assert [str(row) for row in log.left] == [
        "1 RESIZE_BILINEAR (Operation is otherwise supported, but not mapped due to some unspecified "
        "limitation)",
        "1 QUANTIZE (More than one subgraph is not supported)",
        "1 my-custom.op (Operation is working on an unsupported data type)",
    ]
    assert log.on_cpu == 3
    strange = parse_log(logs.WHOLE.replace("1          Mapped to Edge TPU", "1          Never heard of"))
    assert [row.status for row in strange.left] == ["Never heard of"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (logs.NOT_QUANTIZED, "Model not quantized (convert the network by mien-convert"),
        (logs.NEWER_VERSION, "Didn't find op for builtin opcode 'CONV_2D' version '6'"),
        (logs.CUSTOM_OPERATION, "Encountered unresolved custom op: Atan. ("),
        (logs.TOO_LARGE, "large activation tensors in model. (the network's pictures are too large"),
        (logs.DYNAMIC_SIZES, "Model has dynamic-sized tensors. (the batch must be fixed to 1"),
        (logs.CRASHED, "Internal compiler error. Aborting!"),
    ],
)
def test_a_compilation_that_fails_says_why_and_what_to_try_and_leaves_the_bundle(
    bundle: Path, say: Callable[[str], None], text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(bundle)
    say(text)
    assert main(["edgetpu", str(bundle)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"edgetpu_compiler failed on {bundle / 'model.tflite'}: " in error and said in error
    assert files(bundle) == before


def test_the_compiled_model_goes_into_the_bundle_and_its_card(
    bundle: Path, say: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    say(logs.WHOLE)
    assert main(["edgetpu", str(bundle)]) == 0
    assert "runs all 33 operations; 124.0 KiB of parameters in its memory" in capsys.readouterr().out
    card = load_bundle(bundle).card
    assert EDGETPU_FILE in card.sha256
    story = card.conversion["edgetpu"]
    assert (story["compiler"], story["operations"]["CONV_2D"]) == ("16.0.384591198", 15)
    assert (story["on_chip_bytes"], story["on_chip_free_bytes"]) == (124 * 1024, 8126464)
    assert story["compiled_from"] == card.sha256["model.tflite"]
    assert main(["check", str(bundle / EDGETPU_FILE)]) == 0
    assert list(bundle.parent.iterdir()) == [bundle]


def test_a_model_that_is_mapped_in_part_is_refused_and_the_operations_named(
    bundle: Path, say: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(bundle)
    say(logs.PARTLY)
    assert main(["edgetpu", str(bundle)]) == 1
    error = capsys.readouterr().err
    assert "leaves to the CPU: 1 RESIZE_BILINEAR (" in error
    assert "1 QUANTIZE (More than one subgraph is not supported)" in error and "nothing was added" in error
    assert files(bundle) == before


def test_without_the_compiler_the_commands_that_get_it_are_told(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["edgetpu", str(bundle)]) == 2
    said = capsys.readouterr()
    assert "apt-get install -y edgetpu-compiler" in said.out and "--compiled compiled" in said.out
    assert "https://coral.ai/docs/edgetpu/compiler" in said.err and said.err.count("\n") == 1


def write_compiled(folder: Path, model: Path, log: str = logs.WHOLE, size: int | None = None) -> Path:
    """What the compiler leaves in a container, to be carried here."""
    folder.mkdir()
    content = model.read_bytes()
    (folder / EDGETPU_FILE).write_bytes(compiled(content))
    text = log.format(model=model, output=folder / EDGETPU_FILE, size=f"{(size or len(content)) / 1024:.2f}KiB")
    (folder / "model_edgetpu.log").write_text(text)
    return folder


def test_what_was_compiled_elsewhere_is_added_the_same_way(bundle: Path, tmp_path: Path) -> None:
    folder = write_compiled(tmp_path / "compiled", bundle / "model.tflite")
    assert main(["edgetpu", str(bundle), "--compiled", str(folder)]) == 0
    card = load_bundle(bundle).card
    assert EDGETPU_FILE in card.sha256 and card.conversion["edgetpu"]["compiler"] == "16.0.384591198"


def test_what_was_compiled_from_another_model_is_refused(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(bundle)
    folder = write_compiled(tmp_path / "compiled", bundle / "model.tflite", size=50_000)
    assert main(["edgetpu", str(bundle), "--compiled", str(folder)]) == 1
    assert "was compiled from a model of 50002 bytes" in capsys.readouterr().err
    (folder / EDGETPU_FILE).write_bytes((bundle / "model.tflite").read_bytes())  # not compiled at all
    size = (bundle / "model.tflite").stat().st_size / 1024
    (folder / "model_edgetpu.log").write_text(logs.WHOLE.format(model="m", output="o", size=f"{size:.2f}KiB"))
    assert main(["edgetpu", str(bundle), "--compiled", str(folder)]) == 1
    assert "leaves to the CPU: ADD, CONV_2D" in capsys.readouterr().err
    assert main(["edgetpu", str(bundle), "--compiled", str(tmp_path)]) == 2
    assert "holds no model_edgetpu.log" in capsys.readouterr().err
    assert files(bundle) == before
