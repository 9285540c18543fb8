"""A real Home Assistant core, a real mosquitto and the daemon itself.

    make test-homeassistant                    needs Python 3.13 and, the first time, the network; 5 minutes
    python -m tests.edge.mqtt.homeassistant.real --hass .venv-homeassistant/bin/hass --pictures DIR

Prints a line for each thing that was shown; exit 0 where all were.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.edge.mqtt.homeassistant.real.pictures import take_pictures
from tests.edge.mqtt.homeassistant.real.rig import Home
from tests.edge.mqtt.homeassistant.real.scenarios import EMOTION, SCENARIOS, follows
from tests.pages.markdown import ROOT, blocks

#: Its YAML is what Home Assistant runs here.
PAGE = ROOT / "edge" / "mqtt" / "HOMEASSISTANT.md"


def show(home: Home, pictures: Path | None) -> None:
    for scenario in SCENARIOS:
        begun_s = time.monotonic()
        scenario(home)
        print(f"ok {time.monotonic() - begun_s:6.1f} s  {scenario.__doc__}", flush=True)
        if pictures and scenario is follows:
            take_pictures(home.core, EMOTION, pictures, home.folder / "browser")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hass", type=Path, required=True, help="Home Assistant's program")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="take pictures of its device page there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (automations, recorder) = blocks(PAGE, "yaml")
        home = Home(options.hass.absolute(), Path(folder), automations, recorder)
        try:
            show(home, options.pictures)
        except AssertionError:
            print(home.logs())
            raise
        finally:
            home.close()


if __name__ == "__main__":
    main()
