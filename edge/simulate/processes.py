"""What a process on this machine uses: ours, and that of a broker which listens here."""

import os
import socket
from contextlib import suppress
from pathlib import Path

from edge.machine import read_rss_mb

_LISTENING = "0A"


def find_broker(host: str, port: int) -> int | None:
    """The process that listens on a port of this machine; None: another machine's, or not ours to look at."""
    if not _is_here(host):
        return None
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening(Path("/proc/net") / table, port)}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and inodes & _sockets(folder / "fd"):
            return int(folder.name)
    return None


def read_cpu_s(pid: int) -> float | None:
    """Processor time that a process has used; None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory_mb(pid: int) -> float:
    return round(read_rss_mb(pid)[0], 1)


def _is_here(host: str) -> bool:
    """Whether an address is one of this machine's own: whoever may listen on it lives here."""
    with suppress(OSError), socket.socket(socket.AF_INET) as probe:
        probe.bind((socket.gethostbyname(host), 0))
        return True
    return False


def _listening(table: Path, port: int) -> set[str]:
    with suppress(OSError):
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
        return {row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port}
    return set()


def _sockets(folder: Path) -> set[str]:
    found = set()
    with suppress(OSError):
        for entry in folder.iterdir():
            with suppress(OSError):
                found.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
    return found
