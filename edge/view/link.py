"""Where the page is, and how a person gets there."""

import ipaddress
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

import segno

from edge.config import ViewConfig
from edge.errors import MienError
from edge.files import replacing

#: In the runtime folder of the service, which systemd makes and removes; in memory, and nobody else's to read.
LINK_FILE = "view.json"
_SERVICE_FOLDER = Path("/run/mien")


@dataclass(frozen=True, slots=True)
class Link:
    """The page's address, with the token that opens it.

    Attributes:
        is_local: whether it opens on this machine alone.
        minutes: after how many it closes.
    """

    address: str
    is_local: bool
    minutes: float

    def as_text(self) -> str:
        """The address, and, where a phone could get there, the same as a QR code."""
        lines = [self.address, f"closes by itself after {self.minutes:g} minutes"]
        if self.is_local:
            port = self.address.rpartition(":")[2].partition("/")[0]
            lines.append(
                f"from elsewhere: ssh -L {port}:127.0.0.1:{port} THIS-MACHINE, then the same address there"
            )
        else:
            lines += ["not encrypted: use it in a network that you trust", "", _qr_code(self.address)]
        return "\n".join(lines)


def make_link(config: ViewConfig, port: int, token: str) -> Link:
    host = config.host
    if ipaddress.ip_address(host).is_unspecified:
        host = _own_address(host)
    name = f"[{host}]" if ":" in host else host
    return Link(f"http://{name}:{port}/?token={token}", config.is_local, config.minutes)


def leave_link(link: Link) -> bool:
    """Where the service runs, leave the link where root, and nobody else, finds it; whether it does."""
    folder = os.environ.get("RUNTIME_DIRECTORY")
    if not folder:
        return False
    with replacing(Path(folder) / LINK_FILE) as path:  # who finds it finds it whole
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(link), file)
    return True


def remove_link() -> None:
    folder = os.environ.get("RUNTIME_DIRECTORY")
    if folder:
        (Path(folder) / LINK_FILE).unlink(missing_ok=True)


def read_link(folder: Path = _SERVICE_FOLDER) -> Link:
    """The link that the service left.

    Raises:
        MienError: there is none, or it may not be read.
    """
    path = folder / LINK_FILE
    try:
        return Link(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise MienError(
            f"{path} is not there: no aim page is open; set enabled = true in [view] of /etc/mien/mien.toml, "
            "then: sudo systemctl restart mien"
        ) from None
    except PermissionError:
        raise MienError(f"{path} may be read by root alone; try: sudo mien view --link") from None


def _qr_code(address: str) -> str:
    from io import StringIO

    out = StringIO()
    segno.make(address, micro=False).terminal(out, compact=True)
    return out.getvalue().rstrip("\n")


def _own_address(unspecified: str) -> str:
    """The address of this machine in its network. To connect a datagram's socket sends nothing."""
    is_six = ":" in unspecified
    with socket.socket(socket.AF_INET6 if is_six else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("2001:db8::1" if is_six else "192.0.2.1", 9))
        except OSError:  # no network yet
            return socket.gethostname()
        return str(probe.getsockname()[0])
