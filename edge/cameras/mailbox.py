"""The newest frame of a live camera: a place for one, filled by a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from edge.cameras import Camera
from edge.records import Frame


class Mailbox:
    """Takes a camera's frames and keeps the newest only.

    A reader that is slow misses frames instead of falling behind; `dropped` counts them.
    """

    def __init__(self, camera: Camera) -> None:
        self.dropped = 0
        self._camera = camera
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._failure: Exception | None = None
        self._has_ended = False
        self._is_wanted = True
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

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Let the thread end with its present frame; whether it did, and the camera can be closed."""
        self._is_wanted = False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _fill(self) -> None:
        try:
            for frame in self._camera:
                with self._changed:
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
                if not self._is_wanted:
                    break
        except Exception as failure:  # handed to the reader, who raises it
            self._failure = failure
        with self._changed:
            self._has_ended = True
            self._changed.notify()


@contextmanager
def frames_of(camera: Camera, patience_s: float) -> Iterator[Iterator[Frame | None]]:
    """The frames to work on: the newest of a live camera, every one of a recording.

    Closes the camera when the block ends, unless it hangs: a driver's call that another thread is in must
    not be pulled from under it. The system closes it with the process.
    """
    mailbox = Mailbox(camera) if camera.is_live else None
    try:
        yield mailbox.frames(patience_s) if mailbox else iter(camera)
    finally:
        if mailbox is None or mailbox.stop():
            camera.close()
