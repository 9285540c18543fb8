"""The newest frame of a live camera: a place for one, filled by a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.cameras import Camera
from edge.records import Frame


class Mailbox:
    """Takes a camera's frames and keeps the newest only.

    A reader that is slow misses frames instead of falling behind; `dropped` counts them.

    Args:
        on_drop: called, in the camera's thread, for each frame that is dropped.

    Attributes:
        is_open: the camera is not closed yet.
    """

    def __init__(self, camera: Camera, on_drop: Callable[[], None] = lambda: None) -> None:
        self.dropped = 0
        self._camera, self._on_drop = camera, on_drop
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._failure: Exception | None = None
        self._has_ended = False
        self._is_wanted = self.is_open = True
        self._is_left = False
        self._thread = threading.Thread(target=self._fill, name="camera", daemon=True)
        self._thread.start()

    def frames(self, patience_s: float) -> Iterator[Frame | None]:
        """Give frames, and None whenever none came for `patience_s` seconds; end with the camera.

        Raises what the camera raised.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest or self._has_ended, patience_s)
                frame, self._newest = self._newest, None
                if frame is None and self._has_ended:
                    break
            yield frame
        if self._failure:
            raise self._failure

    def close(self, timeout_s: float = 1.0) -> None:
        """Let the thread end with its present frame, and close the camera.

        A driver's call that another thread is in must not be pulled from under it: where it lasts, the thread
        is left to close the camera when the call returns. Where it never does, the process's end closes it.
        """
        self._is_wanted = False
        self._thread.join(timeout_s)
        with self._changed:
            self._is_left = not self._has_ended
        if not self._is_left:
            self._close_camera()

    def _fill(self) -> None:
        try:
            for frame in self._camera:
                with self._changed:
                    if self._newest is not None:
                        self.dropped += 1
                        self._on_drop()
                    self._newest = frame
                    self._changed.notify()
                if not self._is_wanted:
                    break
        except Exception as failure:  # handed to the reader, who raises it
            self._failure = failure
        with self._changed:
            self._has_ended = True
            self._changed.notify()
            is_left = self._is_left
        if is_left:
            self._close_camera()

    def _close_camera(self) -> None:
        self._camera.close()
        self.is_open = False


@contextmanager
def frames_of(
    camera: Camera,
    patience_s: float,
    on_drop: Callable[[], None] = lambda: None,
    on_left: Callable[[Mailbox], None] = lambda _: None,
) -> Iterator[Iterator[Frame | None]]:
    """The frames to work on: the newest of a live camera, every one of a recording.

    Closes the camera when the block ends, unless it hangs.

    Args:
        on_left: takes what holds a camera that hangs, and will close it when that is over.
    """
    mailbox = Mailbox(camera, on_drop) if camera.is_live else None
    try:
        yield mailbox.frames(patience_s) if mailbox else iter(camera)
    finally:
        (mailbox or camera).close()
        if mailbox and mailbox.is_open:
            on_left(mailbox)
