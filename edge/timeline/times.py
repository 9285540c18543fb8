"""Times for people: in the zone of this machine or, in virtual time, since the recording began."""

from datetime import UTC, datetime

_DAY_S = 86400

#: A recording in virtual time begins in 1970.
_VIRTUAL_BEFORE_S = 365 * _DAY_S

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)

_MOST_TICKS = 10


def say_duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 05 s, 2 h 07 min"""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


class Clock:
    """Says the times of one recording.

    Args:
        begin_s: when it begins, seconds since 1970.
    """

    def __init__(self, begin_s: float) -> None:
        self._begin_s = begin_s
        self._is_virtual = begin_s < _VIRTUAL_BEFORE_S

    @property
    def zone(self) -> str:
        if self._is_virtual:
            return "times since the beginning of the recording"
        moment = datetime.fromtimestamp(self._begin_s).astimezone()
        return f"times in {moment.tzname()} (UTC{moment:%z})"

    def say(self, time_s: float) -> str:
        return self._moment(time_s).strftime("%H:%M:%S" if self._is_virtual else "%Y-%m-%d %H:%M:%S")

    def say_time(self, time_s: float) -> str:
        return self._moment(time_s).strftime("%H:%M:%S")

    def ticks(self, begin_s: float, end_s: float) -> list[tuple[float, str]]:
        """Round moments between two, and how they are said."""
        length_s = end_s - begin_s
        days = -(-length_s // (_DAY_S * _MOST_TICKS))
        step_s = next((step for step in _STEPS_S if length_s / step <= _MOST_TICKS), days * _DAY_S)
        offset = self._moment(begin_s).utcoffset()
        offset_s = offset.total_seconds() if offset else 0.0
        first_s = -(-(begin_s + offset_s) // step_s) * step_s - offset_s
        form = "%H:%M:%S" if step_s < 60 else "%H:%M" if step_s < _DAY_S else "%d %b"
        count = int((end_s - first_s) // step_s) + 1
        moments = [first_s + number * step_s for number in range(max(count, 0))]
        return [(moment_s, self._moment(moment_s).strftime(form)) for moment_s in moments]

    def _moment(self, time_s: float) -> datetime:
        moment = datetime.fromtimestamp(time_s, UTC)
        return moment if self._is_virtual else moment.astimezone()
