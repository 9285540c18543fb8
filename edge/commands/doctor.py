"""`mien doctor`: what is wrong with a device, and the command that mends it."""

import argparse
import json
import sys
from pathlib import Path

from edge.commands.options import Commands
from edge.errors import MienError


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "doctor",
        help="what is wrong with this device, and the command that mends it",
        description="Looks at system, runtime, model, Coral, camera, broker, clock, power, disk and the "
        "service. Changes nothing and needs no root. Exit 0 where nothing failed, else 1.",
    )
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file (default: /etc/mien/mien.toml where it is there, else every key's own default)",
    )
    command.add_argument("--json", action="store_true", help="one JSON list: check, status, what, why, fix")


def run(options: argparse.Namespace) -> None:
    from rich.console import Console

    sys.dont_write_bytecode = True  # it changes nothing, so not even this
    from edge.doctor import examine
    from edge.doctor.report import print_finding, summary

    console = Console()
    findings = []
    below = console if console.is_terminal and not options.json else Console(stderr=True)
    with below.status("looking …") as status:
        for finding in examine(options.config, tell=lambda name: status.update(f"{name} …")):
            findings.append(finding)
            if not options.json:
                print_finding(finding, console)
    if options.json:
        print(json.dumps([finding.as_json() for finding in findings], indent=2, ensure_ascii=False))
    else:
        console.print(summary(findings), style="dim")
    failures = [finding.check for finding in findings if finding.status == "failed"]
    if failures:
        raise MienError(f"{len(failures)} of {len(findings)} checks failed: {', '.join(failures)}")
