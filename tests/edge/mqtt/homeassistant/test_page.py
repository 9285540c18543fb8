"""What the page shows: a configuration that is accepted, entities that exist, a flow that hangs together."""

import json
import re
import tomllib
from typing import Any

import pytest

from edge.config import parse_config
from edge.labels import EMOTIONS
from edge.mqtt.homeassistant.discovery import make_discovery
from tests.pages.markdown import ROOT, blocks

PAGE = ROOT / "edge" / "mqtt" / "HOMEASSISTANT.md"

Node = dict[str, Any]


@pytest.fixture(scope="module")
def flow() -> dict[str, Node]:
    """The nodes by their ids."""
    (text,) = blocks(PAGE, "json")
    nodes: list[Node] = json.loads(text)
    by_id = {node["id"]: node for node in nodes}
    assert len(by_id) == len(nodes), "no two nodes have one id"
    return by_id


def test_the_flow_hangs_together(flow: dict[str, Node]) -> None:
    kinds = {"tab", "mqtt-broker", "mqtt in", "change", "rbe", "switch", "debug"}
    assert {node["type"] for node in flow.values()} == kinds, "all come with Node-RED itself"
    for node in flow.values():
        if node["type"] in ("tab", "mqtt-broker"):
            continue
        assert flow[node["z"]]["type"] == "tab"
        assert {"x", "y", "wires"} <= set(node)
        for output in node["wires"]:
            assert all(flow[target]["type"] not in ("tab", "mqtt-broker", "mqtt in") for target in output)
        outputs = {"debug": 0, "switch": len(node.get("rules", []))}.get(node["type"], 1)
        assert len(node["wires"]) == outputs == node.get("outputs", outputs)


def test_the_flow_reads_what_devices_tell(flow: dict[str, Node]) -> None:
    (source,) = (node for node in flow.values() if node["type"] == "mqtt in")
    assert source["topic"] == "mien/+/state" and source["datatype"] == "json"
    assert flow[source["broker"]]["type"] == "mqtt-broker"
    reached, waiting = set(), [source["id"]]
    while waiting:
        node = flow[waiting.pop()]
        reached.add(node["id"])
        waiting += [target for output in node.get("wires", []) for target in output if target not in reached]
    assert {node["id"] for node in flow.values() if node["type"] == "debug"} <= reached


def test_the_configuration_of_the_page_is_accepted() -> None:
    (text,) = blocks(PAGE, "toml")
    assert parse_config(tomllib.loads(text)).homeassistant.enabled


def test_every_entity_that_the_page_names_is_announced() -> None:
    config = parse_config({"device": {"id": "living-room"}})
    announced = {
        entity["default_entity_id"] for entity in json.loads(make_discovery(config, EMOTIONS))["cmps"].values()
    }
    text = PAGE.read_text()
    used = set(re.findall(r"\b(?:sensor|binary_sensor|switch)\.living_room_\w+", text))
    assert used and used <= announced
    named = {match.rstrip("_") for match in re.findall(r"`((?:sensor|binary_sensor|switch)\.…_\w+)…?`", text)}
    for name in named:
        domain, _, key = name.partition(".…_")
        key = key.replace("share_of", "share_of_happy")
        assert f"{domain}.living_room_{key}" in announced, name
    assert len(named) == 10
