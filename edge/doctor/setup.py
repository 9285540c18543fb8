"""The set-up that is looked at: a machine, a configuration, and the service that may be running on it."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edge.config import Config
from edge.doctor.system import System
from edge.doctor.unit import Unit, read_unit

#: The service's own configuration.
DEFAULT_CONFIG = "/etc/mien/mien.toml"


@dataclass(frozen=True)
class Setup:
    """What the checks are given.

    Attributes:
        system: the machine.
        config: what is configured.
        config_path: the file that it comes from; None where every key has its default.
    """

    system: System
    config: Config
    config_path: Path | None = None

    @cached_property
    def unit(self) -> Unit | None:
        return read_unit(self.system)

    @property
    def is_of_service(self) -> bool:
        """Whether this is the configuration that the service runs with."""
        service = self.system.path(DEFAULT_CONFIG)
        return self.config_path is not None and os.path.abspath(self.config_path) == os.path.abspath(service)

    @property
    def holder(self) -> Unit | None:
        """The running service, which holds camera and Coral; None where nothing of ours does."""
        return self.unit if self.is_of_service and self.unit and self.unit.is_running else None

    @property
    def config_name(self) -> str:
        """The file to edit, as one types it."""
        return str(self.config_path or DEFAULT_CONFIG)
