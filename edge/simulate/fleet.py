"""The whole: devices that connect one after the other, tell for a time, and leave nothing behind."""

import resource
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial

from edge.errors import UsageError
from edge.mqtt.topics import Topics
from edge.simulate.device import Device
from edge.simulate.link import Link, Way
from edge.simulate.listener import Listener
from edge.simulate.loop import Loop
from edge.simulate.processes import find_broker
from edge.simulate.reports import Report, Reporter
from edge.simulate.tally import Tally

#: So many devices connect a second: each tells its `info` then, which is large.
_CONNECTS_PER_S = 100

#: Files besides one a connection.
_OTHER_FILES = 64

#: From the last connect until it counts, seconds.
_SETTLE_S = 1.0

_READY_S, _FAREWELL_S = 5.0, 20.0


class Fleet:
    """Devices `NAME-0001` and on.

    Args:
        rate: messages a second of each.
        keeps: leave on the broker what is retained.
    """

    def __init__(self, way: Way, name: str, devices: int, rate: float, keeps: bool = False) -> None:
        self._keeps, self._count = keeps, devices
        self._loop, self._tally = Loop(), Tally()
        run = secrets.token_hex(3)  # another run of the same names takes over nobody's connection
        self._listener = Listener(way, f"{name}-", f"mien-{name}-listener-{run}", self._loop, self._tally)
        self._links: list[Link] = []
        self._devices: list[Device] = []
        for number in range(1, devices + 1):
            device = f"{name}-{number:04d}"
            link = Link(way, Topics(device), f"mien-{device}-{run}", self._loop, self._tally)
            self._links.append(link)
            self._devices.append(Device(device, number, rate, link, self._loop, self._tally))
        find = partial(find_broker, way.mqtt.host, way.mqtt.port)
        self._reporter = Reporter(self._tally, devices, rate, find)

    def run(self, seconds: float | None, every_s: float, is_stopped: Callable[[], bool]) -> Iterator[Report]:
        """Connect all, then tell for a time (None: until stopped); a report so often, and one of the whole."""
        try:
            yield from self._connect(every_s, is_stopped)
            self._tally.begin()
            begun = self._reporter.mark()
            ends_s = time.monotonic() + seconds if seconds else float("inf")
            while not is_stopped() and (now_s := time.monotonic()) < ends_s:
                before = self._reporter.mark()
                self._loop.run_until(min(now_s + every_s, ends_s), is_stopped)
                yield self._reporter.report(before)
            yield {"total": True, **self._reporter.report(begun)}
        finally:
            self._leave()

    def _connect(self, every_s: float, is_stopped: Callable[[], bool]) -> Iterator[Report]:
        """Let them connect, and wait until all have, or have had time to."""
        self._listener.start()
        self._loop.run_until(time.monotonic() + _READY_S, lambda: self._listener.is_ready)
        begun_s = time.monotonic()
        for number, device in enumerate(self._devices):
            self._loop.call_at(begun_s + number / _CONNECTS_PER_S, device.start)
        patience_s = begun_s + self._count / _CONNECTS_PER_S * 3 + _READY_S
        while not is_stopped() and (now_s := time.monotonic()) < patience_s and not self._is_complete():
            before = self._reporter.mark()
            self._loop.run_until(min(now_s + every_s, patience_s), lambda: is_stopped() or self._is_complete())
            yield self._reporter.report(before)
        self._loop.run_until(time.monotonic() + _SETTLE_S, is_stopped)

    def _is_complete(self) -> bool:
        return self._tally.connected == self._count

    def _leave(self) -> None:
        """Say farewell as devices do, and take back what the broker keeps of them."""
        for device in self._devices:
            device.close()
        self._drain()
        if not self._keeps:
            for link in self._links:
                link.forget()
            self._drain()
        for link in self._links:
            link.leave()
        self._listener.leave()
        self._loop.run_until(time.monotonic() + 0.5)

    def _drain(self) -> None:
        self._loop.run_until(time.monotonic() + _FAREWELL_S, lambda: all(link.is_done for link in self._links))


def allow_connections(devices: int) -> None:
    """Have as many files open as so many devices need.

    Raises:
        UsageError: this process may not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = devices + _OTHER_FILES
    if needed <= soft or soft == resource.RLIM_INFINITY:
        return
    if needed > hard != resource.RLIM_INFINITY:
        raise UsageError(
            f"{devices} devices need {needed} open files, and this process may have {hard}; expected fewer "
            f"devices, or: ulimit -n {needed}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
