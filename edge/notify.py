"""Talking to the service manager: sd_notify(3), and the journal's levels, sd-daemon(3).

The protocol is one datagram; the packages for it on the index have not been kept for years.
"""

import logging
import os
import socket

#: syslog's numbers, by which `journalctl -p warning` chooses.
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def is_service() -> bool:
    """Whether a service manager waits to hear from us, and starts us again when we end."""
    return "NOTIFY_SOCKET" in os.environ


def notify(*assignments: str) -> None:
    """Tell the service manager, where there is one: "READY=1", "WATCHDOG=1", "STATUS=online"."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # the abstract name space
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto("\n".join(assignments).encode(), address)


def watchdog_s() -> float | None:
    """After how many seconds without WATCHDOG=1 the service manager ends us; None: never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None


class JournalFormatter(logging.Formatter):
    """Gives each line its level in the way that the journal understands."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{super().format(record)}"
