"""What the daemon says of itself: its status, and what keeps it from being well."""

from collections.abc import Callable, Mapping

from edge.mqtt.topics import DEGRADED, ONLINE, PRIVACY
from edge.notify import notify


class Condition:
    """Collects what is wrong, by part, and tells a status whenever that changes.

    Args:
        tell: takes the status and what is wrong: a line for each part.
    """

    def __init__(self, tell: Callable[[str, Mapping[str, str]], None]) -> None:
        self._tell = tell
        self._problems: dict[str, str] = {}
        self._told: tuple[str, dict[str, str]] | None = None
        self._is_proven = self._is_private = False

    @property
    def status(self) -> str:
        if self._is_private:
            return PRIVACY
        return DEGRADED if self._problems else ONLINE

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong: a line for each part."""
        return dict(self._problems)

    def prove(self) -> None:
        """Note that the work was done once: without that there is no `online`."""
        self._is_proven = True

    def rest(self, *, is_private: bool) -> None:
        """Note that the camera is closed, and whether privacy is why; `online` needs a new proof."""
        self._is_private, self._is_proven = is_private, False

    def set(self, part: str, problem: str | None) -> None:
        """Note what is wrong with a part; None where nothing is."""
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem

    def tell(self, is_news: bool = False) -> None:
        """Tell the status where it, what is wrong, or (`is_news`) anything else is not what was told last."""
        if not (self._is_proven or self._problems or self._is_private):
            return  # nothing is wrong, and nothing was done yet: nothing is known
        status = self.status
        if is_news or (status, self._problems) != self._told:
            self._told = status, dict(self._problems)
            self._tell(status, self._told[1])
            notify("STATUS=" + "; ".join([status, *self._problems.values()]))
