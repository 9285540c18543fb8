"""`mien-train explain units`."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Nothing to add yet."""


def run(options: argparse.Namespace) -> None:
    raise NotImplementedError
