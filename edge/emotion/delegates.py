"""What a Coral needs beside the model: the stick or card itself, Google's library, and a way to load it.

Looking (`find_sticks`, `find_library`, `pycoral_kind`) opens no stick and changes nothing; `Delegate` opens it.

Environment:
    MIEN_EDGETPU_LIBRARY: name or path of the library in place of libedgetpu.so.1; for a build of one's
        own, and for tests.
"""

import ctypes
import grp
import importlib.metadata
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.errors import ModelError

LIBRARY_VARIABLE = "MIEN_EDGETPU_LIBRARY"
LIBRARY_NAME = "libedgetpu.so.1"

#: USB: before its firmware is loaded the stick is Global Unichip's, after it Google's.
_USB_IDS = {"1a6e:089a": False, "18d1:9302": True}
_PCI_ID = "1ac1:089a"

#: The compiler that Google built its last release with (16.0 of 2021, for TensorFlow Lite 2.5). Runtimes
#: since then hand a longer structure over by value, and crash with it instead of refusing it.
_COMPILER_OF_2021 = "COMPILER=6.3.0"

_HOW_TO_INSTALL = "install the package libedgetpu1-std 16.0tf2.19.1 or later, see CORAL.md"


@dataclass(frozen=True, slots=True)
class Stick:
    """An Edge TPU that this machine sees.

    Attributes:
        id: vendor and product, as lsusb or lspci shows them.
        speed_mbit: of the USB port that it is in: 480 is USB 2, 5000 is USB 3; None for a card.
        has_firmware: False: it becomes ready when it is first opened, which takes some seconds.
        node: the device file that must be opened; None where there is none: a card without its driver.
        is_permitted: whether this process may open it.
    """

    kind: Literal["usb", "pcie"]
    id: str
    speed_mbit: int | None
    has_firmware: bool
    node: Path | None
    is_permitted: bool

    @property
    def problem(self) -> str | None:
        """Why it cannot be opened, and what to do."""
        if self.node is None:
            return f"the Coral card {self.id} has no /dev/apex_0; install its driver, gasket-dkms: see CORAL.md"
        if self.is_permitted:
            return None
        group = _group_of(self.node)
        fix = (
            "install mien's udev rules, systemd/60-mien.rules, and plug it in again"
            if group in (None, "root")
            else f"add the user to the group {group}"
        )
        return f"the Coral at {self.node} may not be opened by this user; {fix}"


@dataclass(frozen=True, slots=True)
class Library:
    """Google's library for the Edge TPU, or why it cannot be used.

    Attributes:
        path: the file that was loaded; None where it could not be.
        version: what it says of itself.
        problem: why it cannot be used, and what to do.
    """

    name: str
    path: Path | None = None
    version: str | None = None
    problem: str | None = None


def find_sticks(sysfs: Path = Path("/sys"), dev: Path = Path("/dev")) -> list[Stick]:
    """The Edge TPUs that are plugged in, by what the kernel says. Nothing is opened."""
    return [*_usb_sticks(sysfs, dev), *_pcie_cards(sysfs, dev)]


def library_name() -> str:
    return os.environ.get(LIBRARY_VARIABLE) or LIBRARY_NAME


def find_library() -> Library:
    """Load the library, without opening a stick, and say which one it is."""
    name = library_name()
    try:
        native = ctypes.CDLL(name)
    except OSError as error:
        return Library(name, problem=f"{name} cannot be loaded ({error}); {_HOW_TO_INSTALL}")
    path = _loaded_from(name)
    if not hasattr(native, "tflite_plugin_create_delegate"):
        return Library(name, path, problem=f"{path or name} is no library for the Edge TPU; {_HOW_TO_INSTALL}")
    version = _version(native)
    if version and _COMPILER_OF_2021 in version:
        reason = "is Google's of 2021, with which LiteRT 2 crashes"
        return Library(name, path, version, f"{path or name} {reason}; {_HOW_TO_INSTALL}")
    return Library(name, path, version)


def pycoral_kind() -> Literal["google", "unrelated", "absent"]:
    """Whose package `pycoral` is installed. The one on the public index is an unrelated project."""
    spec = importlib.util.find_spec("pycoral")
    if spec is None:
        return "absent"
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    is_google = any((folder / "utils" / "edgetpu.py").is_file() for folder in folders)
    return "google" if is_google else "unrelated"


def describe_unrelated_pycoral() -> str:
    """A line that names the unrelated package."""
    try:
        metadata = importlib.metadata.metadata("pycoral")
        name = f"pycoral {metadata['Version']} ({metadata['Summary']})"
    except importlib.metadata.PackageNotFoundError:
        name = "the pycoral that is installed"
    return f"{name} is not Google's and has nothing to do with the Coral"


class Delegate:
    """An opened Edge TPU, to be given to an interpreter in its list of delegates.

    The runtime's own `load_delegate` does the same, but holds Python's lock while the library opens the
    stick. That takes seconds where the firmware must be loaded first, and for ever where it hangs: no
    frame would be processed, and no watchdog could run. Here the lock is free.

    It is let go when the last reference to it goes; the interpreter holds one.

    Raises:
        ModelError: the library did not open a stick.
    """

    def __init__(self, library: Library) -> None:
        self._pointer: int | None = None
        self._native = ctypes.CDLL(library.name)
        said: list[str] = []
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
        report = prototype(lambda line: said.append(line.decode(errors="replace")))
        create = self._native.tflite_plugin_create_delegate
        strings = ctypes.POINTER(ctypes.c_char_p)
        create.argtypes = [strings, strings, ctypes.c_size_t, prototype]
        create.restype = ctypes.c_void_p
        no_options = (ctypes.c_char_p * 0)()
        self._pointer = create(no_options, no_options, 0, report)
        if self._pointer is None:
            reason = " ".join(" ".join(said).split()) or "no reason given"
            raise ModelError(
                f"{library.name} did not open the Coral ({reason}); is another program using it? "
                "If not, unplug it and plug it in again"
            )

    def _get_native_delegate_pointer(self) -> int | None:  # how every TFLite runtime asks for it
        return self._pointer

    def __del__(self) -> None:
        if self._pointer is not None:
            destroy = self._native.tflite_plugin_destroy_delegate
            destroy.argtypes = [ctypes.c_void_p]
            destroy.restype = None
            destroy(self._pointer)
            self._pointer = None


def _usb_sticks(sysfs: Path, dev: Path) -> Iterator[Stick]:
    for device in sorted((sysfs / "bus/usb/devices").glob("*")):
        name = f"{_read(device / 'idVendor')}:{_read(device / 'idProduct')}"
        if name not in _USB_IDS:
            continue
        bus, number = (_read(device / attribute).zfill(3) for attribute in ("busnum", "devnum"))
        node = dev / "bus/usb" / bus / number
        speed = _read(device / "speed")
        yield Stick(
            "usb", name, int(speed) if speed.isdecimal() else None, _USB_IDS[name], node, _may_open(node)
        )


def _pcie_cards(sysfs: Path, dev: Path) -> Iterator[Stick]:
    """The cards by their nodes, and those that have none."""
    nodes = sorted(dev.glob("apex_*"))
    devices = (sysfs / "bus/pci/devices").glob("*")
    ids = [f"{_read(device / 'vendor')}:{_read(device / 'device')}".replace("0x", "") for device in devices]
    for node in nodes:
        yield Stick("pcie", _PCI_ID, None, True, node, _may_open(node))
    for _ in range(ids.count(_PCI_ID) - len(nodes)):
        yield Stick("pcie", _PCI_ID, None, True, None, False)


def _may_open(node: Path) -> bool:
    return os.access(node, os.R_OK | os.W_OK)


def _group_of(node: Path) -> str | None:
    try:
        return grp.getgrgid(node.stat().st_gid).gr_name
    except (OSError, KeyError):  # it has gone, or its group has no name
        return None


def _read(attribute: Path) -> str:
    """A value of sysfs; nothing where there is none. A device may go while we read."""
    try:
        return attribute.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _version(native: ctypes.CDLL) -> str | None:
    if not hasattr(native, "edgetpu_version"):
        return None
    native.edgetpu_version.restype = ctypes.c_char_p
    said = native.edgetpu_version()
    return said.decode(errors="replace") if said else None


def _loaded_from(name: str) -> Path | None:
    """The file behind a loaded library, by the kernel's list of what this process has mapped."""
    stem = Path(name).name
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        path = line.partition("/")[1] + line.partition("/")[2]
        if Path(path).name.startswith(stem):
            return Path(path)
    return None
