"""What is news: differences that are worth a message."""

from edge.records import Reading, Scene

#: A confidence that moved by less is the same.
_CONFIDENCE_STEP = 0.05

#: A box that overlaps the one last told by more than this is the same.
_SAME_BOX_OVERLAP = 0.8


def is_other_scene(told: Scene, scene: Scene) -> bool:
    """Whether emotion, faces, leading track or confidence are others."""
    *names, confidence = _key(scene)
    *told_names, told_confidence = _key(told)
    return names != told_names or abs(confidence - told_confidence) >= _CONFIDENCE_STEP


def is_other_reading(told: Reading, reading: Reading) -> bool:
    """Whether a face's emotion, confidence or place is another."""
    return (
        reading.emotion != told.emotion
        or abs(reading.confidence - told.confidence) >= _CONFIDENCE_STEP
        or reading.box.overlap(told.box) < _SAME_BOX_OVERLAP
    )


def _key(scene: Scene) -> tuple[str, int, int | None, float]:
    lead = scene.lead
    return (lead.emotion, scene.faces, lead.track, lead.confidence) if lead else ("", 0, None, 0.0)
