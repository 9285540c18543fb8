"""The discovery payload, against Home Assistant's rules; and what its templates make of our messages."""

import json
from collections.abc import Callable
from typing import Any, get_args

import jinja2
import jsonschema
import pytest

from edge.config import HomeAssistantConfig, parse_config
from edge.emotion.bundle import load_bundle
from edge.errors import ConfigError
from edge.labels import EMOTIONS, LANGUAGES
from edge.mqtt.homeassistant.discovery import discovery_topic, make_discovery
from edge.mqtt.payloads import Health, Info, LastMinute, State
from tests.edge.mqtt.homeassistant.rules import RULES

Discovery = dict[str, Any]


def discover(classes: list[str] | None = None, **tables: dict[str, object]) -> Discovery:
    config = parse_config({"device": {"id": "Lab-1"}} | tables)
    discovery: Discovery = json.loads(make_discovery(config, classes or list(EMOTIONS)))
    jsonschema.validate(discovery, RULES)
    return discovery


def entities_of(discovery: Discovery) -> dict[str, dict[str, Any]]:
    return dict(discovery["cmps"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_payload_keeps_home_assistants_rules_in_every_language(language: str) -> None:
    entities = entities_of(discover(homeassistant={"language": language, "name": "居間", "area": "家"}))
    names = [entity["name"] for entity in entities.values()]
    assert len(set(names)) == len(names), "no two of a device are called alike"
    ids = [entity["unique_id"] for entity in entities.values()]
    assert len(set(ids)) == len(ids)
    assert entities["emotion"]["default_entity_id"] == "sensor.lab_1_emotion", "the same in any language"


def test_the_languages_are_those_of_the_emotions() -> None:
    assert get_args(HomeAssistantConfig.model_fields["language"].annotation) == LANGUAGES


@pytest.mark.parametrize(
    "classes",
    [
        list(load_bundle("mini_xception").card.classes),
        ["awake", "asleep"],
        ["gehässig", "gehassig", "喜び", "悲しみ", 'so "so"', "50 % }} sure", "uncertain"],
    ],
    ids=["of the card", "two", "any letters"],
)
def test_every_class_is_an_option_and_has_a_share(classes: list[str]) -> None:
    entities = entities_of(discover(classes))
    assert entities["emotion"]["options"] == list(dict.fromkeys([*classes, "uncertain", "no_face"]))
    shares = [key for key in entities if key.startswith("share_")]
    assert len(shares) == len({*classes, "uncertain"})
    assert not any(entities[key]["enabled_by_default"] for key in shares)


def test_live_values_expire_after_three_heartbeats_and_nothing_else_does() -> None:
    entities = entities_of(discover(publish={"heartbeat_s": 7.5}))
    expires = {key: entity["expire_after"] for key, entity in entities.items() if "expire_after" in entity}
    shares = {key: 180 for key in entities if key.startswith("share_")}
    live = {"emotion": 23, "confidence": 23, "faces": 23, "frame_rate": 180, "temperature": 180}
    assert expires == live | shares
    retained = {"mien/Lab-1/info", "mien/Lab-1/status", "mien/Lab-1/privacy/state"}
    for entity in entities.values():
        assert ("expire_after" in entity) == (entity.get("state_topic") not in retained)


@pytest.fixture
def render() -> Callable[..., Any]:
    """A template as Home Assistant reads it, for the plain things that ours use."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)

    def make(template: str, payload: str) -> str:
        names = {"value_json": json.loads(payload)} if payload.startswith("{") else {}
        return environment.from_string(template).render(value=payload, **names)

    return make


HEAD = {"session": "0", "seq": 0, "ts": "2026-11-20T12:00:00.000Z"}


def test_values_come_out_of_the_daemons_own_messages(render: Callable[..., str]) -> None:
    word = 'so "so" }}'
    entities = entities_of(discover(["happy", word], homeassistant={"language": "ja"}))

    def value(key: str, payload: str, template: str = "value_template") -> str:
        return render(entities[key][template], payload)

    face = State(
        **HEAD, age_ms=1, faces=2, emotion=word, confidence=0.876, scores={"happy": 0.124, word: 0.876}, track=1
    ).model_dump_json()
    assert [value(key, face) for key in ("emotion", "confidence", "faces")] == [word, "87.6", "2"]
    attributes = json.loads(
        value("emotion", face.replace(json.dumps(word), '"happy"', 1), "json_attributes_template")
    )
    assert attributes == {"in_words": "喜び"}
    nobody = State(
        **HEAD, age_ms=1, faces=0, emotion="no_face", confidence=None, scores={}, track=None
    ).model_dump_json()
    assert [value(key, nobody) for key in ("emotion", "confidence", "faces")] == ["no_face", "None", "0"]

    minute = LastMinute(**HEAD, watched_s=60, shares={word: 0.25, "uncertain": 0.75}, faces=1).model_dump_json()
    keys = ("share_of_happy", "share_of_so_so", "share_of_uncertain")
    assert [float(value(key, minute)) for key in keys] == [0, 25, 75]
    quiet = LastMinute(**HEAD, watched_s=60, shares={}, faces=0).model_dump_json()
    assert [value(key, quiet) for key in keys] == ["None"] * 3, "no share of nothing"


def test_what_the_device_is_comes_out_of_info_and_health(render: Callable[..., str]) -> None:
    entities = entities_of(discover())
    info = Info(
        **HEAD,
        version="1",
        model={},
        accelerator={"in_use": "cpu"},
        camera={"name": "file:clip.mp4"},
        restarts={},
        problems={"camera": "the camera gives no frames"},
        config={},
        config_schema={},
        schemas={},
    ).model_dump_json()
    keys = ("camera", "accelerator", "problem")
    told = [render(entities[key]["value_template"], info) for key in keys]
    assert told == ["file:clip.mp4", "cpu", "ON"]
    attributes = json.loads(render(entities["problem"]["json_attributes_template"], info))
    assert attributes == {"problems": ["the camera gives no frames"]}
    names = Health.model_fields
    assert {"fps", "temperature_c"} <= set(names)
    health = json.dumps({"fps": 14.9, "temperature_c": None})
    assert [render(entities[key]["value_template"], health) for key in ("frame_rate", "temperature")] == [
        "14.9",
        "None",
    ]


@pytest.mark.parametrize("status", ["online", "degraded", "privacy", "stopped", "offline"])
def test_values_are_there_while_faces_are_read_and_the_switch_while_it_can_be_turned(
    status: str, render: Callable[..., str]
) -> None:
    discovery = discover()
    there = set()
    for key, entity in entities_of(discovery).items():
        (availability,) = entity.get("availability", discovery["availability"])
        assert availability["topic"] == "mien/Lab-1/status"
        said = render(availability["value_template"], status)
        assert said in ("online", "offline")
        there |= {key} if said == "online" else set()
    readings = {"emotion", "confidence", "faces"} | {key for key in entities_of(discovery) if "share_" in key}
    what_it_is = {"privacy", "problem", "camera", "accelerator", "frame_rate", "temperature"}
    assert (
        there
        == {
            "online": readings | what_it_is,
            "degraded": readings | what_it_is,
            "privacy": what_it_is,
            "stopped": set(),
            "offline": set(),
        }[status]
    )


def test_the_privacy_switch_speaks_on_its_own_topics_and_is_not_retained() -> None:
    switch = entities_of(discover())["privacy"]
    assert (switch["command_topic"], switch["state_topic"]) == (
        "mien/Lab-1/privacy/set",
        "mien/Lab-1/privacy/state",
    )
    assert (switch["payload_on"], switch["payload_off"], switch["retain"]) == ("ON", "OFF", False)


def test_the_topic_is_the_one_of_the_contract() -> None:
    config = HomeAssistantConfig()
    assert discovery_topic(config.discovery_prefix, "lab") == "homeassistant/device/lab/config"
    assert config.birth == "homeassistant/status"


@pytest.mark.parametrize("prefix", ["", "/ha", "ha/", "ha/#", "+", " ha"])
def test_a_prefix_that_is_no_topic_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match="homeassistant.discovery_prefix is .*expected a topic"):
        parse_config({"homeassistant": {"discovery_prefix": prefix}})


def test_where_nothing_of_a_single_face_is_told_its_entities_are_taken_back() -> None:
    entities = entities_of(discover(privacy={"aggregate_only": True}))
    assert entities["emotion"] == entities["confidence"] == entities["faces"] == {"platform": "sensor"}
    shares = [entity for key, entity in entities.items() if key.startswith("share_of_")]
    assert shares and all(share["enabled_by_default"] for share in shares), "they are all that is left"
    assert "privacy" in entities
