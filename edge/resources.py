"""Where the files that ship with mien lie, in a checkout and in an installed wheel."""

from pathlib import Path

from edge.errors import MienError

_PACKAGE = Path(__file__).resolve().parent


def is_checkout() -> bool:
    """Whether this is a checkout, and no installed wheel."""
    return not (_PACKAGE / "_resources").is_dir()


def resource_folder(name: str) -> Path:
    """The folder `models` or `systemd`: inside the package where a wheel was installed, else beside it."""
    for folder in (_PACKAGE / "_resources" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise MienError(f"the folder {name} is missing from this installation; install mien again")
