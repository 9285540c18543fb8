"""What a device's row says."""

from rich.text import Text

from edge.labels import NO_FACE, name_for_people
from edge.mqtt.topics import ONLINE
from edge.watch.devices import Device, printable


def status_of(device: Device) -> Text:
    return Text(device.status, style="green" if device.status == ONLINE else "yellow")


def faces_of(device: Device) -> Text:
    return Text(printable(str(device.state.get("faces", "")))[:5])


def emotion_of(device: Device, lang: str) -> Text:
    emotion = printable(str(device.state.get("emotion", "")))
    return Text(name_for_people(emotion, lang)[:20], style="dim" if emotion == NO_FACE else "bold")


def confidence_of(device: Device) -> str:
    confidence = device.state.get("confidence")
    return f"{confidence:.0%}" if isinstance(confidence, int | float) else ""
