"""Topic names: mien/<device>/…"""

from dataclasses import dataclass

ROOT = "mien"

ONLINE = "online"
DEGRADED = "degraded"
PRIVACY = "privacy"
STOPPED = "stopped"
OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one device."""

    device: str

    @property
    def status(self) -> str:
        return f"{ROOT}/{self.device}/status"

    @property
    def state(self) -> str:
        return f"{ROOT}/{self.device}/state"

    @property
    def summary(self) -> str:
        return f"{ROOT}/{self.device}/summary"

    @property
    def info(self) -> str:
        return f"{ROOT}/{self.device}/info"

    @property
    def health(self) -> str:
        return f"{ROOT}/{self.device}/health"

    @property
    def privacy_set(self) -> str:
        return f"{ROOT}/{self.device}/privacy/set"

    @property
    def privacy_state(self) -> str:
        return f"{ROOT}/{self.device}/privacy/state"

    def command(self, verb: str) -> str:
        return f"{ROOT}/{self.device}/cmd/{verb}"

    def reply(self, verb: str) -> str:
        return f"{ROOT}/{self.device}/rsp/{verb}"

    def face(self, track: int | str) -> str:
        return f"{ROOT}/{self.device}/faces/{track}"


def split_topic(topic: str) -> tuple[str, str]:
    """The device of a topic of ours, and what stands behind it; ("", topic) for any other."""
    root, _, rest = topic.partition("/")
    device, _, kind = rest.partition("/")
    return (device, kind) if root == ROOT and device and kind else ("", topic)
