"""The wheel: what is in it; and that it alone runs the demo, predicts and installs the service."""

import json
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.systemd.system import System

ROOT = Path(__file__).parent.parent

FOLDERS = ("edge/", "convert/", "training/", "models/", "systemd/")

#: A wheel goes over slow lines onto small cards. The largest file is a float network, for fine-tuning.
MOST_MB, MOST_FILE_MB = 12, 8

#: No pictures, no data, no archives: what people see on the pages is drawn.
SUFFIXES = set(
    ".py .md .html .json .tflite .keras .sh .service .rules .toml .txt .acl .conf .js .css .svg".split()
)


def project() -> dict[str, str]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]  # type: ignore[no-any-return]


def kept_files() -> set[str]:
    """What the repository keeps: tracked, or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("needs git and a checkout")
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def build(source: Path, folder: Path, *what: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), *what]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"mien-{project()['version']}-py3-none-any.whl"


def in_wheel(wheel: Path) -> set[str]:
    """Its files by their names in the repository."""
    names = zipfile.ZipFile(wheel).namelist()
    return {name.removeprefix("edge/_resources/") for name in names if ".dist-info/" not in name}


def test_the_wheel_holds_all_of_ours_and_nothing_else(wheel: Path) -> None:
    assert in_wheel(wheel) == {name for name in kept_files() if name.startswith(FOLDERS)}


def test_the_wheel_is_small_and_has_no_pictures(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_MB * 1e6
    for entry in zipfile.ZipFile(wheel).infolist():
        assert entry.file_size < MOST_FILE_MB * 1e6, entry.filename
        if ".dist-info/" not in entry.filename:
            assert PurePosixPath(entry.filename).suffix in SUFFIXES, entry.filename


def test_the_source_archive_holds_the_repository_and_builds_the_same_wheel(
    built: Path, wheel: Path, tmp_path: Path
) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
        kept = kept_files()
        assert names <= kept | {"PKG-INFO"}
        assert {name for name in kept if name.startswith((*FOLDERS, "tests/", ".docs/"))} <= names
        files.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    build(source, tmp_path / "dist", "-t", "wheel")
    assert (tmp_path / "dist" / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_version_is_that_of_the_newest_changes() -> None:
    headings = re.findall(r"^## (.*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert re.fullmatch(r"\[([\d.]+)\] - (unreleased|\d{4}-\d\d-\d\d)", headings[0]), headings[0]
    assert headings[0].startswith(f"[{project()['version']}] ")
    assert len(headings) == len(set(headings))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment of its own, which has the wheel and takes libraries from ours."""
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)
    # A plain line: the .pth files over there, one of which leads into the checkout, are not read.
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(installed: Path, *arguments: str, cwd: Path) -> str:
    command = [str(installed / "mien"), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_not_the_checkout_that_runs(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "--version", cwd=tmp_path).strip() == project()["version"]
    folder = Path(run(installed, "service", "path", cwd=tmp_path).strip())
    assert folder.is_relative_to(installed.parent)
    assert (folder / "mien.service").is_file()


def test_it_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    told = run(installed, "demo", "--seconds", "4", "--json", cwd=tmp_path).splitlines()
    topics = {json.loads(line)["topic"].rpartition("/")[2] for line in told}
    assert {"status", "info", "state"} <= topics


def test_it_predicts(installed: Path, astronaut_picture: Path, tmp_path: Path) -> None:
    (told,) = json.loads(run(installed, "predict", str(astronaut_picture), "--json", cwd=tmp_path))
    assert told["faces"][0]["emotion"] == "happy"


def test_it_installs_the_service(installed: Path, tmp_path: Path) -> None:
    system = System(tmp_path)
    done = system.run(installed / "mien", "service", "install", "--dry-run", "--broker", "broker.local")
    assert done.returncode == 0, done.stderr
    assert f"building version {project()['version']}-" in done.stdout
    again = system.run(installed / "mien", "service", "install", "--dry-run", "--broker", "broker.local")
    assert again.stdout == done.stdout, "the same version must have the same name"
    removed = system.run(installed / "mien", "service", "uninstall", "--dry-run")
    assert "removing the service" in removed.stdout
    refused = system.run(installed / "mien", "service", "install", "--brokr", "x")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1


def test_what_the_service_is_installed_from_is_the_wheel_again(
    installed: Path, wheel: Path, tmp_path: Path
) -> None:
    program = "import sys, pathlib, edge.packing; print(edge.packing.pack_wheel(pathlib.Path(sys.argv[1])))"
    python = [str(installed / "python"), "-c", program, str(tmp_path)]
    packed = Path(subprocess.run(python, check=True, capture_output=True, text=True, cwd="/").stdout.strip())
    assert packed.name == wheel.name
    before, after = zipfile.ZipFile(wheel), zipfile.ZipFile(packed)
    assert set(before.namelist()) == set(after.namelist())
    for name in before.namelist():
        if not name.endswith("/RECORD"):
            assert before.read(name) == after.read(name), name
    record = next(name for name in before.namelist() if name.endswith("/RECORD"))
    assert set(before.read(record).split()) == set(after.read(record).split())
