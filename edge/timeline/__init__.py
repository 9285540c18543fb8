"""What was told over a time, drawn: a page that needs nothing else, made of a recording of messages."""

from edge.timeline.lines import Recording, read_recording
from edge.timeline.page import make_page
from edge.timeline.story import Story, say_count, tell_story

__all__ = ["Recording", "Story", "make_page", "read_recording", "say_count", "tell_story"]
