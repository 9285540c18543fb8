"""What devices say of when a frame was taken, and how far that is to be believed."""

#: A frame that is older than this did not wait so long; its device's clock is another one.
_OLDEST_S = 2.0


def believable_time_s(taken_s: float | None, captured_s: float, last_s: float) -> float:
    """When a frame was taken, by `time.monotonic`; when it came, where what the device says cannot be.

    Args:
        taken_s: what the device says; None where it says nothing.
        captured_s: when the frame came.
        last_s: the time of the frame before; time goes on.
    """
    if taken_s is None or not max(last_s, captured_s - _OLDEST_S) < taken_s <= captured_s:
        return captured_s
    return taken_s
