"""What of a changed configuration a running daemon takes over, and what has to wait for its next start."""

from dataclasses import dataclass

from edge.config import Config

#: Tables, and single keys, that are no more than numbers of steps which can be made anew between two frames.
_TABLES = frozenset({"camera", "detect", "quality", "mood"})
_KEYS = frozenset({"publish.interval_s", "publish.heartbeat_s", "publish.max_per_minute"})


@dataclass(frozen=True, slots=True)
class Change:
    """A configuration, and how it came to be.

    Attributes:
        config: the old one with what could be taken over.
        applied: keys whose new values are in it.
        waiting: keys whose new values need a restart.
    """

    config: Config
    applied: tuple[str, ...]
    waiting: tuple[str, ...]

    @property
    def touches_camera(self) -> bool:
        return any(key.startswith("camera.") for key in self.applied)


def merge(old: Config, new: Config) -> Change:
    """Take over what can be."""
    changed = [
        (table, key)
        for table in Config.model_fields
        for key in type(getattr(old, table)).model_fields
        if getattr(getattr(old, table), key) != getattr(getattr(new, table), key)
    ]
    is_virtual = old.camera.is_virtual or new.camera.is_virtual  # then every run has to be the same
    live = [(table, key) for table, key in changed if not is_virtual and _is_live(table, key)]
    config = old
    for table, key in live:
        part = getattr(config, table).model_copy(update={key: getattr(getattr(new, table), key)})
        config = config.model_copy(update={table: part})
    waiting = tuple(f"{table}.{key}" for table, key in changed if (table, key) not in live)
    return Change(config, tuple(f"{table}.{key}" for table, key in live), waiting)


def _is_live(table: str, key: str) -> bool:
    return table in _TABLES or f"{table}.{key}" in _KEYS
