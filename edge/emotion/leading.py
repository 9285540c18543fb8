"""Who is told of where one face stands for all: the largest, and of like ones who has been there longest."""

from collections.abc import Sequence

from edge.records import Reading, Scene

#: A face is larger than another from this ratio of areas on. Haar's boxes of one face differ by some 4% a side
#: from frame to frame; two people side by side must not take turns.
_LARGER = 1.5


class Leading:
    """Chooses the leading face and holds on to it.

    A face that went still leads for a while, unless another as large is there: whoever looks away for a
    second neither empties the room nor hands it to somebody at the back.

    Args:
        no_face_after_s: for how long.
    """

    def __init__(self, no_face_after_s: float) -> None:
        self._no_face_after_s = no_face_after_s
        self._lead: Reading | None = None
        self._present_s = 0.0

    def update(self, readings: Sequence[Reading], now_s: float) -> Scene:
        """Take everybody in view; frames come in the order of their time."""
        present = {reading.track: reading for reading in readings}
        lead = present.get(self._lead.track) if self._lead else None
        challenger = _largest(readings)
        if lead is None:
            lead = challenger if self._lead is None else self._hold(self._lead, challenger, now_s)
        elif challenger and _is_larger(challenger, lead):
            lead = challenger
        if lead and lead.track in present:
            self._present_s = now_s
        self._lead = lead
        return Scene(lead, max(len(readings), 1 if lead else 0))

    def _hold(self, gone: Reading, challenger: Reading | None, now_s: float) -> Reading | None:
        """Who leads where the one who led is not there."""
        is_over = now_s - self._present_s >= self._no_face_after_s
        if is_over or (challenger and not _is_larger(gone, challenger)):
            return challenger
        return gone


def _largest(readings: Sequence[Reading]) -> Reading | None:
    if not readings:
        return None
    largest = max(readings, key=lambda reading: reading.box.area_px)
    alike = [reading for reading in readings if not _is_larger(largest, reading)]
    return min(alike, key=lambda reading: (reading.first_seen_s, -reading.box.area_px))


def _is_larger(one: Reading, other: Reading) -> bool:
    return one.box.area_px >= _LARGER * other.box.area_px
