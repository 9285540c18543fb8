"""Keeping what native libraries say off the terminal. What fails is raised, too, and said in one line."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# One at a time: the second would keep the first one's silence as its own standard error.
_lock = threading.Lock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Silence what the process writes on standard error past Python, as LiteRT, libpng and libjpeg do."""
    with _lock:
        sys.stderr.flush()
        kept = os.dup(2)
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
