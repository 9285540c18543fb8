"""The broker: found, reached, let in, and allowed to write and read what the daemon writes and reads.

The visitor has a client id of its own, so that a running daemon is not thrown out; what it publishes is not
retained and nobody's topic. It speaks MQTT 5, in which a broker says that a message was refused.
"""

import os
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from edge.config import CREDENTIAL, MqttConfig, read_password
from edge.doctor.finding import Finding, failed, ok, skipped
from edge.doctor.setup import Setup
from edge.doctor.unit import find_credential
from edge.doctor.visitor import ANSWER_S, OtherProtocol, Visitor
from edge.errors import ConfigError, MienError
from edge.mqtt.homeassistant.discovery import discovery_topic
from edge.mqtt.making import protocols
from edge.mqtt.tls import explain_tls, make_tls_context
from edge.mqtt.topics import ROOT

#: The names of the checks, in the order in which one builds on the other.
REACH, LOGIN, TOPICS = "broker", "broker login", "broker topics"

#: Where `homeassistant.enabled` asks for it.
HOME_ASSISTANT = "Home Assistant"

_NAME_S = 10.0

#: How long all of it may take.
LIMIT_S = _NAME_S + 9 * ANSWER_S
_WHY = "nothing that is seen gets out"


def check_broker(setup: Setup) -> list[Finding]:
    if setup.config.publish.to == "log":
        return [skipped(REACH, 'not needed: publish.to is "log"')]
    mqtt = setup.config.mqtt
    if problem := _reach(mqtt, setup.config_name):
        return [problem, *_skip(setup, "the broker cannot be reached", LOGIN)]
    reached = ok(REACH, f"{mqtt.host}:{mqtt.port} answers")
    try:
        password = find_password(setup)
    except PermissionError as error:
        what = f"{error.filename} is for the service alone, as it should be; to try it: sudo mien doctor"
        return [reached, skipped(LOGIN, what), *_skip(setup, "the password cannot be read")]
    except ConfigError as error:
        fix = f"sudo nano {mqtt.password_file or setup.config_name}"
        return [reached, failed(LOGIN, str(error), _WHY, fix), *_skip(setup, "not logged in")]
    return [reached, *_visit(setup, password)]


def _skip(setup: Setup, why: str, *before: str) -> list[Finding]:
    """The checks that come after one that failed."""
    after = [HOME_ASSISTANT] if setup.config.homeassistant.enabled else []
    return [skipped(check, why) for check in (*before, TOPICS, *after)]


def find_password(setup: Setup) -> str | None:
    """The password that the service uses.

    Raises:
        PermissionError: it is kept from this user.
        ConfigError: the file that is named is not there or no text.
    """
    mqtt = setup.config.mqtt
    if not mqtt.username:
        return None
    path = mqtt.password_file
    if path is None and setup.is_of_service:
        path = find_credential(setup.system, CREDENTIAL)
    if path is not None:
        with suppress(FileNotFoundError, IsADirectoryError):  # read_password says these better
            Path(os.path.expanduser(path)).open("rb").close()
    return read_password(mqtt.model_copy(update={"password_file": path}))


def _reach(mqtt: MqttConfig, config_name: str) -> Finding | None:
    name = f"set host in the table [mqtt] of {config_name}"
    if not _has_address(mqtt):
        fix = f"getent hosts {mqtt.host}; {name} to the broker's address, such as 192.168.1.10"
        return failed(REACH, f"no address is known for the name {mqtt.host}", _WHY, fix)
    try:
        _shake_hands(mqtt)
    except ConfigError as error:
        return failed(REACH, str(error), _WHY, f"mend it, or change the table [mqtt] of {config_name}")
    except ssl.SSLError as error:
        what = explain_tls(error, mqtt) or str(error)
        fix = f"look at host, port, ca_file and server_name in the table [mqtt] of {config_name}; and at date"
        return failed(REACH, what, _WHY, fix)
    except ConnectionRefusedError:
        return failed(REACH, f"nothing listens at {mqtt.host}:{mqtt.port}", _WHY, _start_it(mqtt, name))
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        fix = f"ping {mqtt.host}; is it on, and its firewall open for port {mqtt.port}? Else {name}"
        return failed(REACH, f"{mqtt.host}:{mqtt.port} cannot be reached: {reason}", _WHY, fix)
    return None


def _shake_hands(mqtt: MqttConfig) -> None:
    """Connect, and, where TLS is asked for, see whether the broker is the one it says it is."""
    context = make_tls_context(mqtt)
    with socket.create_connection((mqtt.host, mqtt.port), ANSWER_S) as wire:
        if context:
            context.wrap_socket(wire, server_hostname=mqtt.host).close()


def _has_address(mqtt: MqttConfig) -> bool:
    """Whether the name can be looked up. Where no name server answers that takes long; nothing ends it."""
    found: list[object] = []

    def look_up() -> None:
        with suppress(OSError):
            found.extend(socket.getaddrinfo(mqtt.host, mqtt.port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=look_up, name="doctor: name", daemon=True)
    thread.start()
    thread.join(_NAME_S)
    return bool(found)


def _start_it(mqtt: MqttConfig, name: str) -> str:
    if mqtt.host in ("localhost", "127.0.0.1", "::1"):
        return f"sudo apt-get install mosquitto && sudo systemctl enable --now mosquitto; or {name}"
    return (
        f"on {mqtt.host}: sudo systemctl start mosquitto; it needs the lines "
        f"“listener {mqtt.port}” and “password_file …”, without which it serves its own machine only"
    )


def _visit(setup: Setup, password: str | None) -> list[Finding]:
    mqtt = setup.config.mqtt
    who = f"as {mqtt.username}" if mqtt.username else "without a name"
    problem = ""
    for protocol in protocols(mqtt):
        try:
            with Visitor(mqtt, password, protocol).connected() as visitor:
                return [ok(LOGIN, f"let in {who}"), *_check_topics(visitor, setup)]
        except OtherProtocol as error:
            problem = str(error)
        except MienError as error:
            problem = str(error)
            break
    fix = (
        f"set username and password_file in the table [mqtt] of {setup.config_name}; on the broker's "
        f"machine: sudo mosquitto_passwd /etc/mosquitto/passwd {mqtt.username or 'NAME'} && "
        "sudo systemctl reload mosquitto"
    )
    if "refused" not in problem:
        fix = f"look at port, tls and the files of TLS in the table [mqtt] of {setup.config_name}"
    return [failed(LOGIN, problem, _WHY, fix), *_skip(setup, "not logged in")]


def _check_topics(visitor: Visitor, setup: Setup) -> list[Finding]:
    device, about = setup.config.device.id, setup.config.homeassistant
    why = "nothing that is seen gets out, or commands do not arrive"
    findings = [_check_tree(visitor, setup, TOPICS, f"{ROOT}/{device}", why)]
    if about.enabled:
        root = discovery_topic(about.discovery_prefix, device).removesuffix("/config")
        why = "Home Assistant does not find this device, or does not forget it"
        findings.append(_check_tree(visitor, setup, HOME_ASSISTANT, root, why))
    return findings


def _check_tree(visitor: Visitor, setup: Setup, check: str, root: str, why: str) -> Finding:
    """Whether what is written below a topic comes back; nobody listens where it is written."""
    topic = f"{root}/doctor/{secrets.token_hex(4)}"
    tree, user = f"{root}/#", setup.config.mqtt.username
    fix = (
        f"in the broker's ACL file: {f'user {user}, then' if user else 'before any user:'} "
        f"“topic readwrite {tree}”; then: sudo systemctl reload mosquitto"
    )
    if not visitor.subscribe(topic):
        return failed(check, f"{tree} may not be read", why, fix)
    refusal = visitor.publish(topic)
    if refusal:
        return failed(check, f"{tree} may not be written: {refusal}", why, fix)
    if not visitor.hears(topic):
        what = f"what is written to {tree} does not come back: it may not be read, or not be written"
        return failed(check, what, why, fix)
    return ok(check, f"{tree} can be written and read")
