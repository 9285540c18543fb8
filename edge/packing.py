"""mien as it is installed here, packed up again as the wheel that it came from, to install it elsewhere."""

import base64
import hashlib
import importlib.metadata
import zipfile
from collections.abc import Iterator
from pathlib import Path

from edge.errors import MienError

#: What pip adds at its own place, and what it writes anew.
_OF_PIP = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"})


def pack_wheel(folder: Path) -> Path:
    """Write the wheel into `folder`: the same bytes whenever the same version is packed.

    Raises:
        MienError: what is installed is no whole wheel, such as a checkout.
    """
    distribution = importlib.metadata.distribution("mien")
    files = sorted(_files(distribution))
    if not any(name == "edge/cli.py" for name, _ in files):
        raise MienError("what runs here is a checkout; expected a mien that was installed as a wheel")
    wheel = folder / f"mien-{distribution.version}-py3-none-any.whl"
    record = f"mien-{distribution.version}.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files:
            content = path.read_bytes()
            lines.append(f"{name},sha256={_digest(content)},{len(content)}\n")
            _add(archive, name, content)
        _add(archive, record, "".join([*lines, f"{record},,\n"]).encode())
    return wheel


def _files(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """What the wheel brought, by its name in it: not the commands, and not what was compiled since."""
    for file in distribution.files or []:
        is_ours = ".." not in file.parts and "__pycache__" not in file.parts
        if is_ours and not (file.parent.name.endswith(".dist-info") and file.name in _OF_PIP):
            yield file.as_posix(), Path(str(distribution.locate_file(file)))


def _digest(content: bytes) -> str:
    """As RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
