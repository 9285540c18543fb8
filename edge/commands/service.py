"""`mien service`: the systemd service, from an installed wheel or a checkout."""

import argparse
import subprocess
import tempfile
from pathlib import Path

from edge.commands.options import Commands
from edge.resources import is_checkout, resource_folder


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "service",
        help="installs mien as a service, or removes it",
        description="install: as systemd/install.sh in a checkout, from the mien that runs this command; "
        "`mien service install --help` tells its options. uninstall: removes the service; with --purge its "
        "configuration, too. path: where the unit, the udev rule and the annotated mien.toml lie.",
    )
    command.add_argument("action", choices=("install", "uninstall", "path"), help="what to do")
    command.add_argument("options", nargs=argparse.REMAINDER, metavar="OPTION", help="one of install.sh")


def run(options: argparse.Namespace) -> None:
    folder = resource_folder("systemd")
    if options.action == "path":
        print(folder)
        return
    action = ["--uninstall"] if options.action == "uninstall" else []
    with tempfile.TemporaryDirectory(prefix="mien-") as temporary:
        wheel = [] if action or is_checkout() else _pack(Path(temporary))
        command = ["bash", str(folder / "install.sh"), *wheel, *action, *options.options]
        raise SystemExit(subprocess.run(command).returncode)


def _pack(folder: Path) -> list[str]:
    from edge.packing import pack_wheel

    return ["--wheel", str(pack_wheel(folder))]
