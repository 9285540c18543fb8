"""Made faces many times a second, a broker and a daemon that are killed; nothing handed over may be lost.

    make soak-mqtt                                             both rows, 14 minutes
    python -m tests.edge.mqtt.soak kills --minutes 10 --broker-kills 20 --daemon-kills 5
    python -m tests.edge.mqtt.soak away --minutes 3            the broker is away, the outbox in memory

Exit 0 where every event arrived that had to, none twice after dropping repeats by session and seq, in order.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from edge.machine import read_rss_mb
from tests.conftest import free_port, wait_until
from tests.edge.mqtt.soak.rig import Daemon, Listener, Mosquitto, Verdict, judge

_DOWN_S = (0.2, 3.0)

#: What the broker may have had in its hands when it was killed.
_ON_ITS_WAY = 20


def soak_kills(folder: Path, seconds: float, broker_kills: int, daemon_kills: int, rate: float) -> Verdict:
    """Kill broker (SIGTERM) and daemon (-9) at random moments, so often each; the outbox is on disk."""
    port = free_port()
    broker, daemon = Mosquitto(folder, port), Daemon(_configure(folder, port, outbox=folder / "outbox.db"))
    broker.start()
    listener = Listener(port)
    try:
        assert listener.is_subscribed.wait(10)
        broker.save()
        daemon.start(rate)
        begun_s = time.monotonic()
        for at_s, kind in _plan(seconds, broker_kills, daemon_kills):
            time.sleep(max(0.0, begun_s + at_s - time.monotonic()))
            if kind == "daemon":
                daemon.end(signal.SIGKILL)
                daemon.start(rate)
                continue
            broker.kill(signal.SIGTERM)
            time.sleep(random.uniform(*_DOWN_S) * min(1.0, seconds / 60))
            broker.start()
        time.sleep(max(0.0, begun_s + seconds - time.monotonic()))
        daemon.end(signal.SIGTERM)
        daemon.drain()
        listener.waits_for_quiet(2)
        verdict = Verdict(
            seconds=seconds, broker_kills=broker_kills, daemon_kills=daemon_kills, log=_count(daemon.log)
        )
        judge(daemon.ledger, listener.heard, verdict)
        return verdict
    finally:
        daemon.end(signal.SIGKILL)
        listener.close()
        broker.kill()


def soak_away(folder: Path, seconds: float, rate: float, most: int) -> Verdict:
    """Keep the broker away for that time; the outbox is in memory and holds so many."""
    port = free_port()
    broker, daemon = Mosquitto(folder, port), Daemon(_configure(folder, port, outbox_max_messages=most))
    broker.start()
    listener = Listener(port)
    try:
        assert listener.is_subscribed.wait(10)
        broker.save()
        daemon.start(rate)
        assert wait_until(lambda: len(listener.heard) > 2 * rate, 30)
        daemon.log.clear()
        broker.kill()
        before, before_mb = len(daemon.ledger), read_rss_mb(daemon.pid)[0]
        time.sleep(seconds)
        growth_mb = read_rss_mb(daemon.pid)[0] - before_mb
        broker.start()
        waiting = len(daemon.ledger)
        assert wait_until(lambda: any("connected" in line for line in daemon.log), 60)
        time.sleep(2)
        daemon.end(signal.SIGTERM)
        listener.waits_for_quiet(2)
        verdict = Verdict(seconds=seconds, broker_kills=1, log=_count(daemon.log), memory_growth_mb=growth_mb)
        at_connect = range(before - _ON_ITS_WAY, max(before, len(daemon.ledger) - most))
        judge(daemon.ledger, listener.heard, verdict, at_connect if waiting - before > most else range(0))
        if list(verdict.log.values()) != [1, 1]:
            verdict.failures.append(f"expected a line when lost and one when back, got {daemon.log}")
        if growth_mb > 10:
            verdict.failures.append(f"memory grew by {growth_mb:.1f} MB")
        return verdict
    finally:
        daemon.end(signal.SIGKILL)
        listener.close()
        broker.kill()


def _configure(folder: Path, port: int, **publish: object) -> Path:
    lines = [
        f"{key} = {json.dumps(str(value) if isinstance(value, Path) else value)}"
        for key, value in publish.items()
    ]
    path = folder / "mien.toml"
    path.write_text(
        "\n".join(
            [
                'device = { id = "soak" }',
                f'mqtt = {{ host = "127.0.0.1", port = {port} }}',
                "[publish]\nmax_per_minute = 100000",
                *lines,
                "",
            ]
        )
    )
    return path


def _plan(seconds: float, broker_kills: int, daemon_kills: int) -> list[tuple[float, str]]:
    """When what is killed: evenly, with some chance, in the first nine tenths."""
    moments = []
    for kind, count in (("broker", broker_kills), ("daemon", daemon_kills)):
        step_s = 0.9 * seconds / count
        moments += [(step_s * (number + random.uniform(0.2, 0.9)), kind) for number in range(count)]
    return sorted(moments)


def _count(log: list[str]) -> dict[str, int]:
    return dict(Counter(" ".join(line.split()[1:3]) for line in log))


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["kills", "away"])
    parser.add_argument("--minutes", type=float, metavar="N", help="how long (default: 10; away: 3)")
    parser.add_argument("--broker-kills", type=int, default=20, metavar="N")
    parser.add_argument("--daemon-kills", type=int, default=5, metavar="N")
    parser.add_argument("--rate", type=float, default=10, metavar="N", help="faces a second (default: 10)")
    parser.add_argument("--most", type=int, default=2000, metavar="N", help="of the outbox in memory")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="mien-soak-") as name:
        if options.what == "kills":
            seconds = 60 * (options.minutes or 10)
            verdict = soak_kills(Path(name), seconds, options.broker_kills, options.daemon_kills, options.rate)
        else:
            verdict = soak_away(Path(name), 60 * (options.minutes or 3), options.rate, options.most)
    print(json.dumps(asdict(verdict)))
    return 1 if verdict.failures else 0


if __name__ == "__main__":
    sys.exit(main())
