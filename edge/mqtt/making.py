"""The one place that sets up a client of paho, and ends one: daemon, doctor and watcher speak alike."""

import os
import secrets
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.board import SERIALS, read_board
from edge.config import MqttConfig
from edge.mqtt.tls import make_tls_context

_BY_NAME = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}

#: How long a broker may take to let us in, seconds; one that was never heard may lack MQTT 5, and then a broken
#: one is silent about it.
ANSWER_S, FIRST_ANSWER_S = 5.0, 2.0

#: How long a farewell to the broker may take, seconds.
_FAREWELL_S = 0.5

_LOGIN = "set mqtt.username and mqtt.password_file as the broker knows them"
_WAIT = "it goes on trying"

#: The broker's reason where another client came with our id.
TAKEN_OVER = "Session taken over"

#: The broker's reasons, of MQTT 5 (those of 3.1.1 are among them), and what to do.
_REMEDIES = {
    "Bad user name or password": _LOGIN,
    "Not authorized": _LOGIN,
    "Bad authentication method": _LOGIN,
    "Banned": "this device was shut out there; look into the broker's settings",
    "Client identifier not valid": "set mqtt.client_id to one that it takes",
    "Unsupported protocol version": 'leave mqtt.protocol at "auto"; it has to speak MQTT 5 or 3.1.1',
    "Server unavailable": _WAIT,
    "Server busy": _WAIT,
    "Server shutting down": _WAIT,
    "Connection rate exceeded": _WAIT,
    "Quota exceeded": _WAIT,
    "Use another server": "set mqtt.host to the server that took its place",
    "Server moved": "set mqtt.host to the server that took its place",
    TAKEN_OVER: "another client has our id; give each device its own device.id or mqtt.client_id",
    "Retain not supported": "status and info have to be retained; let the broker do so",
    "Packet too large": "let the broker take larger messages",
}


def make_client(
    mqtt: MqttConfig,
    password: str | None,
    client_id: str = "",
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    reconnects: bool = False,
) -> paho.Client:
    """A client that does as `mqtt` says. Without an id the broker gives one.

    Raises:
        ConfigError: a file of TLS cannot be used.
    """
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol, reconnect_on_failure=reconnects
    )
    client.connect_timeout = ANSWER_S
    if context := make_tls_context(mqtt):
        client.tls_set_context(context)
    if mqtt.username:
        client.username_pw_set(mqtt.username, password)
    return client


def protocols(mqtt: MqttConfig) -> list[MQTTProtocolVersion]:
    """Which versions are tried, in this order. In 5 a broker says why it refuses; many speak 3.1.1 alone."""
    return [protocol for name, protocol in _BY_NAME.items() if mqtt.protocol in ("auto", name)]


def name_protocol(protocol: MQTTProtocolVersion) -> str:
    return "MQTT " + next(name for name, known in _BY_NAME.items() if known is protocol)


def make_client_id(mqtt: MqttConfig, device: str, serials: Iterable[Path] = SERIALS) -> str:
    """One that no other has and that stays: a broker that still holds our last connection ends it at once.

    Otherwise that one's will, `offline`, could come after the `online` of the next.
    """
    return mqtt.client_id or f"mien-{device}-{read_board(serials) or secrets.token_hex(4)}"


def end_client(client: paho.Client) -> None:
    """Say farewell, and see to it that the client's thread ends, whatever the broker does."""
    client.disconnect()
    deadline_s = time.monotonic() + _FAREWELL_S
    while client.socket() is not None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    cut_client(client)
    client.loop_stop()


def cut_client(client: paho.Client) -> None:
    """End its connection as a cable would that is pulled."""
    if (wire := client.socket()) is not None:
        with suppress(OSError), socket.socket(fileno=os.dup(wire.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)  # beneath TLS, which would wait for the other side


def explain_refusal(reason: ReasonCode, mqtt: MqttConfig) -> str:
    """One line on why the broker refused, and what to do."""
    name = str(reason)
    remedy = _REMEDIES.get(name, "look into the broker's log")
    who = ""
    if remedy is _LOGIN:
        who = f" (user {mqtt.username})" if mqtt.username else " (no user name was given)"
    return f"broker {mqtt.host}:{mqtt.port} refused the connection: {name.lower()}{who}; {remedy}"


def explain_silence(mqtt: MqttConfig) -> str:
    """One line on a broker that takes a connection and says nothing, or ends it without a word."""
    tls = "" if mqtt.tls else ", does it want TLS (mqtt.tls)"
    return f"broker {mqtt.host}:{mqtt.port} does not answer as an MQTT broker does; is the port right{tls}?"
