"""The daemon on a machine with a made sysfs: python -m tests.edge.delegate.daemon CONFIG SYSFS DEV"""

import sys
from functools import partial
from pathlib import Path

import edge.assembly
from edge.cli import main
from edge.emotion.accelerator import Accelerator
from edge.stages import DEADLINES_S

if __name__ == "__main__":
    config, sysfs, dev = sys.argv[1:]
    DEADLINES_S["coral open"] = 2  # type: ignore[index]  # the real 20 are for firmware
    edge.assembly.Accelerator = partial(  # type: ignore[misc]
        Accelerator, sysfs=Path(sysfs), dev=Path(dev)
    )
    sys.exit(main(["run", "--config", config]))
