"""What is not ours to bring along, where this machine has it."""

import os
from pathlib import Path

import pytest


def needs(variable: str, what: str) -> Path:
    path = Path(os.environ.get(variable, ""))
    if variable not in os.environ or not path.exists():
        pytest.skip(f"needs {what}; name it by {variable}")
    return path
