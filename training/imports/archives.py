"""Exports of Teachable Machine as they are downloaded: a zip, or the folder that it unpacks to."""

import atexit
import functools
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ModelError, UsageError
from training.given import parse_labels, read_labels
from training.imports.teachable import LABELS_FILE, MODEL_FILES

ZIP_SUFFIX = ".zip"
#: Their largest file has 3 MB; more than this is none.
_MAX_BYTES = 64 << 20
_MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class Export:
    """A model file and the classes that came with it.

    Attributes:
        model: the file; of a zip, a copy that lives as long as this process.
        classes: of the labels.txt beside it; None where there is none.
    """

    model: Path
    classes: tuple[str, ...] | None


def is_export(path: Path) -> bool:
    """Whether a path is a zip, or a folder with one of their files in it."""
    if path.is_dir():
        return any((path / name).is_file() for name in MODEL_FILES) and (path / LABELS_FILE).is_file()
    return path.suffix.lower() == ZIP_SUFFIX


def open_export(path: Path) -> Export:
    """Find the model and the labels.

    Raises:
        ModelError: there is no model in it, or the zip is damaged or unpacks to too much.
        UsageError: its labels are none.
    """
    if path.is_dir():
        return beside(path / next(name for name in MODEL_FILES if (path / name).is_file()))
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected a zip of Teachable Machine")
    try:
        with zipfile.ZipFile(path) as parts:
            return _unpack(parts, path)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise ModelError(f"{path} is not a zip that can be read: {str(error)[:120]}") from None


def beside(model: Path) -> Export:
    """A file with the classes of the labels.txt beside it, if it has one of their names."""
    labels = model.parent / LABELS_FILE
    has_labels = model.name in MODEL_FILES and labels.is_file()
    return Export(model, read_labels(labels) if has_labels else None)


def _unpack(parts: zipfile.ZipFile, path: Path) -> Export:
    """Copy the one model that is wanted out of a zip; names in it choose no place on this machine."""
    found = {Path(part.filename).name: part for part in parts.infolist()[:_MAX_PARTS] if not part.is_dir()}
    name = next((name for name in MODEL_FILES if name in found), None)
    if name is None:
        raise ModelError(
            f"{path} holds {', '.join(sorted(found))[:80] or 'nothing'}; expected an export of Teachable "
            f"Machine: {', '.join(MODEL_FILES)}"
        )
    for wanted in {name, LABELS_FILE} & set(found):
        if found[wanted].file_size > _MAX_BYTES:
            raise ModelError(f"{path} holds a {wanted} of {found[wanted].file_size >> 20:,} MB; expected few")
    folder = Path(_folder_of(str(path.resolve()))) / path.stem
    folder.mkdir(exist_ok=True)
    with parts.open(found[name]) as source, (folder / name).open("wb") as target:
        shutil.copyfileobj(source, target)
    if LABELS_FILE not in found:
        return Export(folder / name, None)
    try:
        text = parts.read(found[LABELS_FILE]).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{LABELS_FILE} of {path} is no text; expected one class a line") from None
    return Export(folder / name, parse_labels(text, f"{LABELS_FILE} of {path}"))


@functools.cache
def _folder_of(zip_file: str) -> str:
    folder = tempfile.mkdtemp(prefix="mien-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
