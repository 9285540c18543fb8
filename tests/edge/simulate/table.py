"""The measured table of edge/mqtt/FLEET.md, on this machine; four minutes, which nothing else should share.

make fleet                                  starts a mosquitto on loopback and writes the table
python -m tests.edge.simulate.table --seconds 30
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.files import write_text
from tests.conftest import answers, find_mosquitto, free_port, wait_until

PAGE = Path(__file__).parents[3] / "edge/mqtt/FLEET.md"

#: Devices, and messages a second of each.
ROWS = ((100, 1.0), (1000, 1.0), (1000, 3.0), (3000, 0.5))

_HEADINGS = (
    "devices × rate",
    "messages a second: wanted, sent, received",
    "delay, ms: median, p95",
    "broker: CPU of a core, memory",
    "`mien simulate`: CPU of a core, memory",
)


def measure(port: int, devices: int, rate: float, seconds: float) -> dict[str, object]:
    """The report of the whole of one run."""
    command = [sys.executable, "-m", "edge.cli", "simulate", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--devices", str(devices), "--rate", str(rate), "--seconds", str(seconds), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def row_of(report: dict[str, object], rate: float) -> str:
    delay, broker = report["delay_ms"], report["broker"]
    assert isinstance(delay, dict) and isinstance(broker, dict)
    cells = (
        f"{report['devices']} × {rate:g}",
        f"{report['wanted_per_s']:.0f}, {report['sent_per_s']:.0f}, {report['received_per_s']:.0f}",
        f"{delay['median']:.0f}, {delay['p95']:.0f}",
        f"{broker['cpu_percent']:.0f}%, {broker['memory_mb']:.0f} MB",
        f"{report['cpu_percent']:.0f}%, {report['memory_mb']:.0f} MB",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--note", default="with nothing else on it", help="what else the machine did")
    options = parser.parse_args()
    program, port = find_mosquitto(), free_port()
    assert program, "needs mosquitto: apt-get install mosquitto"
    version = subprocess.run([program, "-h"], capture_output=True, text=True).stdout.split("\n")[0]
    with tempfile.TemporaryDirectory(prefix="mien-fleet-") as folder:
        config = Path(folder) / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_type error\n")
        broker = subprocess.Popen([program, "-c", config])
        try:
            assert wait_until(lambda: answers(port)), "mosquitto did not start"
            rows = [row_of(measure(port, *row, options.seconds), row[1]) for row in ROWS]
        finally:
            broker.terminate()
            broker.wait()
    made_on = (
        f"{version}, {platform.machine()}, {os.cpu_count()} cores, {options.note}; {options.seconds:g} s each:"
    )
    table = [f"| {' | '.join(_HEADINGS)} |", f"|{'---|' * len(_HEADINGS)}", *rows]
    page = PAGE.read_text(encoding="utf-8")
    made = "\n".join(["\\1", made_on, "", *table, "<!-- end -->"])
    write_text(PAGE, re.sub(r"(<!-- made by: [^>]*-->).*?<!-- end -->", made, page, flags=re.DOTALL))
    print("\n".join(table))


if __name__ == "__main__":
    main()
