"""What was counted over all devices."""

from collections import Counter, deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts since the start.

    Attributes:
        sent: messages handed to the network; those of them with QoS 1 come back as `acknowledged`.
        received: by our own listener, of these devices.
        lost_connections: connections that ended though nobody wanted it.
        refused: connections that did not come about, by reason.
        late_s: how far behind its time the device was that had to wait longest.
        delays_ms: from the making of a message to our hearing it; the last of some.
    """

    connected: int = 0
    sent: int = 0
    sent_bytes: int = 0
    acknowledged: int = 0
    received: int = 0
    dropped: int = 0
    lost_connections: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    late_s: float = 0.0
    delays_ms: deque[float] = field(default_factory=lambda: deque(maxlen=2000))

    def begin(self) -> None:
        """From now on it counts: forget how long things took while all connected."""
        self.late_s = 0.0
        self.delays_ms.clear()
