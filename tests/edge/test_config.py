import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from edge.config import Config, DeviceConfig, MqttConfig, load_config, parse_config, read_password
from edge.config.device import name_device
from edge.errors import ConfigError

BAD = {
    "an unknown key names the nearest": (
        "[mqtt]\nhots = 'x'",
        ["mqtt.hots is an unknown key", "did you mean mqtt.host?"],
    ),
    "an unknown key like no other names those known": (
        "[mood]\nzzz = 1",
        ["mood.zzz is an unknown key", "smoothing_s, min_confidence, leave_confidence, switch_margin"],
    ),
    "an unknown table names the nearest": (
        "[camra]\nfps = 3",
        ["camra is an unknown table", "did you mean camera?"],
    ),
    "a key outside its table": ("fps = 3", ["fps is an unknown table"]),
    "a table within a table": ("[camera.usb]\nx = 1", ["camera.usb is an unknown key"]),
    "a value where a table belongs": ("mqtt = 5", ["mqtt is 5; expected a table"]),
    "text for a number": ("[mqtt]\nport = '1883'", ["mqtt.port is '1883'; expected a whole number"]),
    "a fraction for a whole number": ("[detect]\nmax_faces = 2.5", ["detect.max_faces is 2.5"]),
    "a boolean for a number": ("[model]\nthreads = true", ["model.threads is True; expected a whole number"]),
    "a number for a boolean": ("[camera]\nloop = 1", ["camera.loop is 1; expected true or false"]),
    "a number for text": ("[camera]\nsource = 0", ["camera.source is 0; expected text in quotes"]),
    "a list for text": ("[mqtt]\nhost = ['a']", ["mqtt.host is ['a']; expected text"]),
    "a date for a number": ("[camera]\nfps = 2026-01-01", ["camera.fps is", "expected a number"]),
    "below its range": ("[mqtt]\nport = 0", ["mqtt.port is 0; expected at least 1 and at most 65535"]),
    "above its range": ("[camera]\nfps = 500", ["camera.fps is 500; expected above 0 and at most 120"]),
    "at an open end of its range": (
        "[detect]\nscale_factor = 1.0",
        ["detect.scale_factor is 1.0; expected above 1 and at most 2"],
    ),
    "not a number": ("[mood]\nsmoothing_s = nan", ["mood.smoothing_s is nan"]),
    "not one of the choices": ("[publish]\nto = 'mqqt'", ["publish.to is 'mqqt'; expected 'mqtt' or 'log'"]),
    "an empty text": ("[mqtt]\nhost = ''", ["mqtt.host is ''", "at least 1 character"]),
    "an id that would break topics": ("[device]\nid = 'a/b'", ["device.id is 'a/b'", "[A-Za-z0-9_-]"]),
    "a place of work": (
        "[device]\nsite = 'work'",
        [
            "device: site is 'work' and basis is not set",
            "Regulation (EU) 2024/1689, Article 5(1)(f)",
            "safety: ",
        ],
    ),
    "a school": ("[device]\nsite = 'education'", ["site is 'education'", "prohibited in the EU", "medical: "]),
    "a basis of another kind": (
        "[device]\nsite = 'work'\nbasis = 'quality of service'",
        ["device.basis is 'quality of service'", 'expected "medical: …" or "safety: …" and what for'],
    ),
    "a basis that says nothing": ("[device]\nsite = 'work'\nbasis = 'safety:'", ["device.basis is 'safety:'"]),
    "a basis of two lines": (
        "[device]\nbasis = 'safety: of those\\nwho drive'".replace("'", '"'),
        ["one line"],
    ),
    "an unknown site": ("[device]\nsite = 'office'", ["device.site is 'office'; expected 'home', 'research'"]),
    "a source without its kind": (
        "[camera]\nsource = '/dev/video0'",
        ["camera.source is '/dev/video0'; expected v4l2:NUMBER, v4l2:/dev/PATH, picamera2"],
    ),
    "a source of an unknown kind": ("[camera]\nsource = 'usb:0'", ["camera.source is 'usb:0'"]),
    "a source without its path": ("[camera]\nsource = 'file:'", ["camera.source is 'file:'"]),
    "a heart that beats faster than the interval": (
        "[publish]\ninterval_s = 40",
        ["heartbeat_s is 30 and interval_s is 40", "expected heartbeat_s to be the longer one"],
    ),
    "a password without a user": (
        "[mqtt]\npassword_file = '/x'",
        ["password_file is set and username is not", "expected both or neither"],
    ),
    "more than one mistake": ("[mqtt]\nport = 0\nkeepalive_s = 0", ["mqtt.port is 0", "(and 1 more)"]),
    "not TOML": ("[camera\n", ["is not TOML", "line 1"]),
    "not text": (b"\xff\xfe\x00", ["is not TOML"]),
}


@pytest.mark.parametrize("text,expected", BAD.values(), ids=BAD.keys())
def test_a_mistake_is_told_in_one_line_with_key_value_and_what_is_allowed(
    text: str | bytes, expected: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mien.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    for part in expected:
        assert part in line


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml is not there; expected a TOML file"):
        load_config(tmp_path / "none.toml")


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_an_empty_file_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "mien.toml").touch()
    assert load_config(tmp_path / "mien.toml") == Config()


def test_every_default_is_a_value_that_is_allowed() -> None:
    tables = Config().model_dump(mode="json")
    assert parse_config(tables) == Config()


def test_every_key_is_described() -> None:
    for table in Config.model_fields.values():
        assert isinstance(table.annotation, type) and issubclass(table.annotation, BaseModel)
        for name, field in table.annotation.model_fields.items():
            assert field.description, name


def test_a_full_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mien.toml"
    path.write_text(
        """
        [device]
        id = "hall"
        [camera]
        source = "file:/videos/door: left.mp4"
        fps = 10  # a whole number will do
        realtime = false
        [mqtt]
        host = "broker.lan"
        port = 8883
        username = "mien"
        password_file = "/etc/mien/password"
        [publish]
        to = "log"
        heartbeat_s = 60
        """
    )
    config = load_config(path)
    assert config.device.id == "hall"
    assert config.camera.source == "file:/videos/door: left.mp4"
    assert (config.camera.fps, config.camera.realtime, config.camera.loop) == (10, False, False)
    assert config.mqtt.password_file == Path("/etc/mien/password")
    assert (config.publish.to, config.publish.heartbeat_s) == ("log", 60)
    assert config.mood == Config().mood


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=3), scalars, max_size=2)
known_keys = [(table, key) for table, keys in Config().model_dump().items() for key in keys]


@given(st.sampled_from(known_keys), values)
def test_whatever_a_key_holds_is_taken_or_refused_in_one_line(place: tuple[str, str], value: Any) -> None:
    table, key = place
    try:
        assert isinstance(parse_config({table: {key: value}}), Config)
    except ConfigError as error:
        assert key in str(error) and "\n" not in str(error)


@given(values)
def test_whatever_a_table_is_it_is_taken_or_refused_in_one_line(value: Any) -> None:
    try:
        assert isinstance(parse_config({"mqtt": value}), Config)
    except ConfigError as error:
        assert "mqtt" in str(error) and "\n" not in str(error)


files = st.binary(max_size=60) | st.builds(
    lambda table, key, text: f"[{table}]\n{key} = {text}\n".encode("utf-8", "replace"),
    st.sampled_from([table for table, _ in known_keys]),
    st.sampled_from([key for _, key in known_keys]),
    st.text(max_size=20)
    | st.sampled_from(["[" * 100_000, "9" * 5000, "{a=" * 3000, '"' + "x" * 1_000_000 + '"']),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files)
def test_whatever_a_file_holds_is_taken_or_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mien.toml"
    path.write_bytes(content)
    try:
        assert isinstance(load_config(path), Config)
    except ConfigError as error:
        assert "mien.toml" in str(error) and "\n" not in str(error)
        assert len(str(error)) < 2000, "nobody reads a megabyte of it"


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.mark.usefixtures("no_credentials")
def test_the_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes("pässword with spaces \r\nsecond line\n".encode())
    assert read_password(MqttConfig(username="mien", password_file=path)) == "pässword with spaces "


@pytest.mark.usefixtures("no_credentials")
def test_without_file_and_credential_there_is_no_password() -> None:
    assert read_password(MqttConfig()) is None


def test_the_password_is_taken_from_the_systemd_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_password(MqttConfig(username="mien")) is None
    (tmp_path / "mqtt-password").write_text("from systemd\n")
    assert read_password(MqttConfig(username="mien")) == "from systemd"
    (tmp_path / "own").write_text("from the file\n")
    assert read_password(MqttConfig(username="mien", password_file=tmp_path / "own")) == "from the file"


@pytest.mark.usefixtures("no_credentials")
@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff\xfe", "not UTF-8 text")])
def test_a_password_file_that_cannot_be_read_is_named(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"mqtt.password_file is {path}, which cannot be read: .*{reason}"):
        read_password(MqttConfig(username="mien", password_file=path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
@pytest.mark.usefixtures("no_credentials")
def test_a_password_file_of_somebody_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        read_password(MqttConfig(username="mien", password_file=path))


def test_a_wrong_camera_address_is_told_without_its_password() -> None:
    with pytest.raises(ConfigError) as told:
        parse_config({"camera": {"source": "rtsp://owner:hunter2@camera/live"}})
    assert "camera.source is 'rtsp://…@camera/live'; expected v4l2:NUMBER" in str(told.value)


def test_tls_has_a_port_of_its_own_where_none_is_set() -> None:
    assert parse_config({"mqtt": {"tls": True}}).mqtt.port == 8883
    assert parse_config({"mqtt": {"tls": True, "port": 1884}}).mqtt.port == 1884
    assert parse_config({"mqtt": {"tls": False}}).mqtt.port == 1883


@pytest.mark.parametrize("site", ["work", "education"])
@pytest.mark.parametrize("basis", ["medical: therapy of facial palsy", "safety: drowsiness of drivers"])
def test_a_stated_medical_or_safety_basis_allows_what_is_prohibited_otherwise(site: str, basis: str) -> None:
    device = parse_config({"device": {"site": site, "basis": basis}}).device
    assert (device.site, device.basis) == (site, basis)


@pytest.mark.parametrize("site", ["home", "research", "exhibition", "medical", "safety", "other"])
def test_elsewhere_no_basis_is_asked_for(site: str) -> None:
    assert parse_config({"device": {"site": site}}).device.basis is None


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"ca_file": "/a.pem"}, "mqtt: ca_file is set and tls is not; expected tls = true beside it"),
        ({"server_name": "b"}, "mqtt: server_name is set and tls is not"),
        ({"tls": True, "client_key_file": "/k"}, "mqtt: client_key_file is set and client_cert_file is not"),
        ({"client_id": "a b"}, "mqtt.client_id is 'a b'"),
        ({"protocol": "4"}, "mqtt.protocol is '4'"),
    ],
)
def test_keys_that_do_not_go_together_are_named(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"mqtt": keys})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("hall", "hall"),
        ("hall.home.arpa", "hall"),
        ("Wohnküche 2", "Wohnk-che-2"),
        ("raspberrypi", "raspberrypi-{}"),
        ("RaspberryPi.local", "RaspberryPi-{}"),
        ("localhost", "localhost-{}"),
        ("", "mien-{}"),
        ("x" * 70, "x" * 64),
    ],
)
def test_a_device_is_named_by_its_host_unless_many_have_that_name(
    host: str, named: str, tmp_path: Path
) -> None:
    ids = set()
    for board, serial in (("a", b"10000000a1b2c3d4\0"), ("b", b"10000000a1b2c3d5\0")):
        (tmp_path / board).write_bytes(serial)
        ids.add(name_device(host, [tmp_path / board]))
        digits = hashlib.sha256(serial.strip(b"\0")).hexdigest()[:4]
        assert name_device(host, [tmp_path / board]) == named.format(digits)
        assert DeviceConfig(id=name_device(host, [tmp_path / board]))
    assert len(ids) == (2 if "{}" in named else 1)
    assert name_device("raspberrypi", [tmp_path / "none"]) == "raspberrypi"
