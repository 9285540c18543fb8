"""What is shown, in this order; each leaves the home as the next one needs it."""

import json
import signal
import time
from collections.abc import Callable

from tests.conftest import wait_until
from tests.edge.mqtt.homeassistant.real.rig import DEVICE, HEARTBEAT_S, NAME, Home

EMOTION = "sensor.living_room_emotion"

#: Without the shares, which are disabled.
ENTITIES = {
    EMOTION,
    *(f"sensor.living_room_{key}" for key in ("confidence", "faces", "camera", "accelerator")),
    *(f"sensor.living_room_{key}" for key in ("frame_rate", "temperature")),
    "binary_sensor.living_room_problem",
    "switch.living_room_privacy",
}


def discovers(home: Home) -> None:
    """device and entities are made by discovery"""
    home.core.start()
    home.core.meet(home.port)
    home.daemon.start()
    assert home.core.becomes(EMOTION, "happy", within_s=60)
    made = f"device_id('{EMOTION}')"
    assert set(home.core.evaluate(f"device_entities({made})")) == ENTITIES
    assert home.core.evaluate(f"device_attr({made}, 'name')") == NAME
    assert home.core.evaluate(f"area_name({made})").lower() == NAME.lower(), "its own is called Living Room"
    attributes = home.core.attributes(EMOTION)
    assert attributes["options"][-2:] == ["uncertain", "no_face"] and len(attributes["options"]) == 9
    assert attributes["in_words"] == "happy"
    assert home.core.becomes("sensor.living_room_frame_rate", within_s=15)
    assert home.core.state("binary_sensor.living_room_problem") == "off"


def follows(home: Home) -> None:
    """state follows what the broker carries"""
    seen: set[str] = set()
    deadline_s = time.monotonic() + 60
    while len(seen) < 2 and time.monotonic() < deadline_s:
        told = home.emotion()
        assert home.core.becomes(EMOTION, told, within_s=2) or home.emotion() != told
        seen.add(told)
    assert seen == {"happy", "no_face"}
    assert home.core.becomes("sensor.living_room_faces", "0")
    assert home.core.becomes("sensor.living_room_confidence", "unknown"), "nobody's confidence is none"


def automates(home: Home) -> None:
    """the automations of the page run, and what its recorder leaves out is not kept"""
    automations = [one for one in home.core.call("states") if one["entity_id"].startswith("automation.")]
    assert len(automations) == 3 and {one["state"] for one in automations} == {"on"}, automations
    assert home.core.becomes("light.living_room", "on"), "somebody smiles"
    history = home.core.call(f"history/period?filter_entity_id={EMOTION},sensor.living_room_confidence")
    assert {rows[0]["entity_id"] for rows in history} == {EMOTION}


def is_private(home: Home) -> None:
    """the privacy switch closes the camera, outlives kill -9 and opens it again"""
    switch = "switch.living_room_privacy"
    assert home.core.state(switch) == "off"
    home.core.call("services/switch/turn_on", {"entity_id": switch})
    assert home.core.becomes(switch, "on", within_s=5) and home.core.becomes(EMOTION, "unavailable", within_s=3)
    assert home.told("status")[-1] == "privacy" and home.told("privacy/state")[-1] == "ON"
    home.daemon.end(signal.SIGKILL)
    assert home.core.becomes(switch, "unavailable")
    home.daemon.start()
    assert home.core.becomes(switch, "on") and home.core.state(EMOTION) == "unavailable"
    home.core.call("services/switch/turn_off", {"entity_id": switch})
    assert home.core.becomes(switch, "off", within_s=5) and home.core.becomes(EMOTION, "happy", "no_face")


def expires(home: Home) -> None:
    """values are no values any more once they are old, though the connection is there"""
    home.daemon.send(signal.SIGSTOP)
    begun_s = time.monotonic()
    assert home.core.becomes(EMOTION, "unavailable", within_s=3 * HEARTBEAT_S + 3)
    assert time.monotonic() - begun_s > HEARTBEAT_S
    assert home.core.state("sensor.living_room_camera") not in ("unavailable", None), "what stays is known"
    home.daemon.wake()
    assert home.core.becomes(EMOTION, "happy", "no_face")


def vanishes(home: Home) -> None:
    """unavailable after kill -9, and back with the daemon"""
    home.daemon.end(signal.SIGKILL)
    assert wait_until(lambda: set(home.states(ENTITIES).values()) == {"unavailable"}, 5), home.states(ENTITIES)
    home.daemon.start()
    assert home.core.becomes(EMOTION, "happy", "no_face")


def outlives_the_broker(home: Home) -> None:
    """back after a restart of the broker"""
    home.broker.kill()
    assert home.core.becomes(EMOTION, "unavailable", within_s=30)
    home.broker.start()
    assert home.core.becomes(EMOTION, "happy", "no_face", within_s=60)
    assert home.core.becomes("sensor.living_room_accelerator", "cpu")


def outlives_home_assistant(home: Home) -> None:
    """back after a restart of Home Assistant, before a minute has gone by"""
    home.core.stop()
    disabled = [entry for entry in home.core.entries("entity") if entry["disabled_by"] == "integration"]
    assert len([entry for entry in disabled if "share_of_" in entry["unique_id"]]) == 8, (
        "shares are there, disabled"
    )
    home.core.start()
    assert home.core.becomes(EMOTION, "happy", "no_face")
    assert home.core.becomes("sensor.living_room_frame_rate", within_s=20)


def changes_its_model(home: Home) -> None:
    """an entity of a model that is no more goes"""
    topic, bored = f"homeassistant/device/{DEVICE}/config", "sensor.living_room_bored"
    payload = json.loads(home.retained()[topic])
    entity = payload["cmps"]["faces"] | {"name": "Bored", "unique_id": "bored", "default_entity_id": bored}
    home.daemon.end()
    payload["cmps"]["bored"] = entity
    home.ear.say(topic, json.dumps(payload, separators=(",", ":"), ensure_ascii=False), retain=True)
    assert home.core.becomes(bored, "unavailable")
    home.daemon.start()
    assert home.core.becomes(bored, None)
    assert home.core.becomes(EMOTION, "happy", "no_face")


def renames(home: Home) -> None:
    """after a change of device.id there is one device, the new one"""
    home.daemon.end()
    home.daemon.configure("kitchen", name="Kitchen")
    home.daemon.start()
    assert home.core.becomes("sensor.kitchen_emotion", "happy", "no_face")
    assert home.core.becomes(EMOTION, None), "the old one is gone"
    assert home.core.evaluate(f"device_id('{EMOTION}')") is None
    assert not [topic for topic in home.retained() if DEVICE in topic]


def is_removed(home: Home) -> None:
    """nothing is left after mien homeassistant --remove, of the device alone"""
    other = "homeassistant/device/other/config"
    payload = home.retained()["homeassistant/device/kitchen/config"]
    home.ear.say(other, payload.replace("kitchen", "other").replace("Kitchen", "Other"), retain=True)
    assert home.core.becomes("sensor.other_emotion", "unavailable")
    home.daemon.end()
    print("   ", home.daemon.call("homeassistant", "--remove").strip())
    assert home.core.becomes("sensor.kitchen_emotion", None)
    assert [topic for topic in home.retained() if topic.startswith("homeassistant/")] == [other]
    assert home.core.state("sensor.other_emotion") == "unavailable", "another's stays"
    home.ear.say(other, "", retain=True)
    assert home.core.becomes("sensor.other_emotion", None)
    home.core.stop()
    assert not [one for one in home.core.entries("entity") if one["platform"] == "mqtt"]
    assert not [one for one in home.core.entries("device") if one["manufacturer"] == "mien"]
    home.core.start()


def says_nothing_ill(home: Home) -> None:
    """Home Assistant has nothing to complain of"""
    lines = [line for line in home.core.log.splitlines() if "mqtt" in line or "mien" in line]
    # Two lines are our doing: it lost its broker.
    ill = [
        line
        for line in lines
        if "Disconnected from MQTT" not in line and "failed to connect" not in line.lower()
    ]
    assert not ill, ill


SCENARIOS: tuple[Callable[[Home], None], ...] = (
    discovers,
    follows,
    automates,
    is_private,
    expires,
    vanishes,
    outlives_the_broker,
    outlives_home_assistant,
    changes_its_model,
    renames,
    is_removed,
    says_nothing_ill,
)
