"""How long to wait before the next connection: longer and longer, and longest where two fight over one id."""

_SHORTEST_S, _LONGEST_S = 1.0, 30.0

#: A connection that held for so long was a good one: the next pause is a short one again.
GOOD_S = 5.0

#: After so many that did not hold, one has to hold for several pauses to be a good one: with brokers of MQTT
#: 3.1.1 two devices with one id throw each other out without being told so.
_SUSPICIOUS, _PAUSES = 3, 4

#: Whoever was thrown out by another with the same id stands back for so long: at first, and at most.
_CONTESTED_S, _LONGEST_CONTESTED_S = 30.0, 300.0


class Pauses:
    """Learns from each connection."""

    def __init__(self) -> None:
        self._next_s = _SHORTEST_S
        self._short_lives = 0

    def after(self, held_s: float | None, is_taken_over: bool = False) -> float:
        """The pause after a connection, seconds.

        Args:
            held_s: for how long it held; None where the broker did not let us in.
            is_taken_over: another client with our id came in its place.
        """
        if is_taken_over:
            pause_s = max(self._next_s, _CONTESTED_S)
            self._next_s = min(2 * pause_s, _LONGEST_CONTESTED_S)
            return pause_s
        if held_s is not None and self._is_good(held_s):
            self._next_s, self._short_lives = _SHORTEST_S, 0
        elif held_s is not None:
            self._short_lives += 1
        pause_s = self._next_s
        most_s = _LONGEST_CONTESTED_S if held_s is not None and self._is_suspicious else _LONGEST_S
        self._next_s = max(pause_s, min(2 * pause_s, most_s))
        return pause_s

    @property
    def _is_suspicious(self) -> bool:
        return self._short_lives >= _SUSPICIOUS or self._next_s > _LONGEST_S

    def _is_good(self, held_s: float) -> bool:
        return held_s > max(GOOD_S, _PAUSES * self._next_s if self._is_suspicious else 0.0)
