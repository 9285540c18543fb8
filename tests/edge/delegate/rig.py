"""A Coral for tests: the stand-in as its library, and the files in which the kernel would show a stick."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import require

_SOURCE = Path(__file__).with_name("stand_in.c")


@functools.cache
def build_stand_in() -> Path:
    """The stand-in for libedgetpu as a shared library; skips the test where there is no compiler."""
    require("gcc")
    folder = tempfile.mkdtemp(prefix="mien-stand-in-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = Path(folder) / "libedgetpu.so.1"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", library, _SOURCE, "-lm"], check=True)
    return library


@dataclass(frozen=True)
class Machine:
    """A made sysfs and /dev."""

    sysfs: Path
    dev: Path

    def plug_in_stick(self, usb_id: str = "18d1:9302", speed_mbit: int = 5000, has_node: bool = True) -> Path:
        """Plug in a USB stick; gives its device file."""
        vendor, product = usb_id.split(":")
        attributes = {
            "idVendor": vendor,
            "idProduct": product,
            "busnum": "2",
            "devnum": "3",
            "speed": str(speed_mbit),
        }
        _write(self.sysfs / "bus/usb/devices/2-1", attributes)
        _write(self.sysfs / "bus/usb/devices/usb1", {"idVendor": "1d6b", "idProduct": "0002"})
        (self.sysfs / "bus/usb/devices/2-1:1.0").mkdir(exist_ok=True)  # an interface has no ids
        node = self.dev / "bus/usb/002/003"
        node.parent.mkdir(parents=True, exist_ok=True)
        if has_node:
            node.touch()
        return node

    def plug_in_card(self, has_driver: bool = True) -> Path:
        """Plug in a PCIe card; gives its device file."""
        _write(self.sysfs / "bus/pci/devices/0000:01:00.0", {"vendor": "0x1ac1", "device": "0x089a"})
        node = self.dev / "apex_0"
        if has_driver:
            node.touch()
        return node


def make_machine(folder: Path) -> Machine:
    machine = Machine(folder / "sys", folder / "dev")
    for place in (machine.sysfs, machine.dev):
        place.mkdir(parents=True)
    return machine


def _write(folder: Path, attributes: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in attributes.items():
        (folder / name).write_text(value + "\n")


def install_googles_pycoral(site: Path) -> None:
    """A pycoral with the shape of Google's: its make_interpreter takes an opened delegate."""
    folder = site / "pycoral" / "utils"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "__init__.py").write_text("")
    (folder / "edgetpu.py").write_text(
        "from ai_edge_litert.interpreter import Interpreter\n\n"
        "def make_interpreter(model_path_or_content, device=None, delegate=None):\n"
        "    return Interpreter(model_path=model_path_or_content, experimental_delegates=[delegate])\n"
    )
    _write_metadata(site, "2.0.0", "Coral Python API")


def install_unrelated_pycoral(site: Path) -> None:
    """What `pip install pycoral` brings: a client for a map of reefs."""
    (site / "pycoral").mkdir(parents=True)
    (site / "pycoral" / "__init__.py").write_text("")
    (site / "pycoral" / "pycoral.py").write_text("")
    _write_metadata(site, "0.2.0", "Simple CLI for Allen Coral Atlas")


def _write_metadata(site: Path, version: str, summary: str) -> None:
    folder = site / f"pycoral-{version}.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: pycoral", f"Version: {version}", f"Summary: {summary}", ""]
    (folder / "METADATA").write_text("\n".join(lines))
