"""The annotated mien.toml, and setting keys in it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from edge.config import Config, load_config, parse_config

FOLDER = Path(__file__).parents[2] / "systemd"
TEMPLATE = FOLDER / "mien.toml"

#: Keys whose default is made from the machine or the frame: the file shows an example.
EXAMPLES = {
    *("device.id", "device.basis", "detect.min_face_px", "detect.yunet_model"),
    *("mqtt.username", "mqtt.password_file"),
    *("mqtt.tls", "mqtt.ca_file", "mqtt.client_cert_file", "mqtt.client_key_file", "mqtt.server_name"),
    *("mqtt.client_id", "publish.outbox", "privacy.folder"),
    *("homeassistant.name", "homeassistant.area", "homeassistant.birth_topic"),
}


def as_uncommented() -> dict[str, dict[str, object]]:
    return tomllib.loads(re.sub(r"^#([a-z_]+ = )", r"\1", TEMPLATE.read_text(), flags=re.MULTILINE))


def keys() -> list[tuple[str, str]]:
    return [(table, key) for table, model in Config() for key in type(model).model_fields]


@pytest.mark.parametrize(("table", "key"), keys(), ids=".".join)
def test_the_annotated_file_shows_every_key_with_its_default(table: str, key: str) -> None:
    tables = as_uncommented()
    assert key in tables.get(table, {}), f"systemd/mien.toml lacks {table}.{key}"
    if f"{table}.{key}" not in EXAMPLES:
        assert getattr(getattr(parse_config(tables), table), key) == getattr(getattr(Config(), table), key)


def test_the_annotated_file_knows_no_other_key() -> None:
    assert parse_config(as_uncommented())


def test_the_annotated_file_sets_nothing_as_it_comes() -> None:
    assert load_config(TEMPLATE) == Config()


def configure(file: Path, *settings: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, FOLDER / "configure.py", TEMPLATE, file, *settings]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mien" / "mien.toml"


def test_a_new_file_is_the_annotated_one_with_the_settings_at_their_places(file: Path) -> None:
    assert configure(file, "mqtt.host=broker.local", "mqtt.port=8883", "camera.loop=true").returncode == 0
    wanted = TEMPLATE.read_text()
    for old, new in (
        ('#host = "localhost"', 'host = "broker.local"'),
        ("#port = 1883", "port = 8883"),
        ("#loop = false", "loop = true"),
    ):
        wanted = wanted.replace(old, new)
    assert file.read_text() == wanted
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_key_that_is_set_is_replaced_and_all_else_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('# mine\n[mqtt]\nport = 1884 # old\nhost = "a"\n\n[mood]\nsmoothing_s = 1.0\n')
    assert configure(file, "mqtt.host=b").returncode == 0
    assert file.read_text() == '# mine\n[mqtt]\nport = 1884 # old\nhost = "b"\n\n[mood]\nsmoothing_s = 1.0\n'


def test_a_key_or_table_that_the_file_lacks_is_added(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[mqtt]\nport = 1884\n")
    assert configure(file, "mqtt.username=me", "device.id=porch").returncode == 0
    config = load_config(file)
    assert (config.mqtt.username, config.mqtt.port, config.device.id) == ("me", 1884, "porch")


@pytest.mark.parametrize("name", ["12345", "true", 'a "b" \\c', "größe"])
def test_text_stays_text_whatever_it_looks_like(file: Path, name: str) -> None:
    assert configure(file, f"mqtt.username={name}").returncode == 0
    assert load_config(file).mqtt.username == name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("[camra]\n", "did you mean camera"), ('mqtt = { port = 1 }\n[mood]\n"\n', "is not TOML")],
)
def test_what_the_daemon_would_refuse_is_refused_in_one_line_and_stays(
    file: Path, text: str, complaint: str
) -> None:
    file.parent.mkdir()
    file.write_text(text)
    done = configure(file, "mqtt.host=b")
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert str(file) + ":" in done.stderr or f"{file} is not" in done.stderr
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_text() == text


def test_nothing_is_written_where_nothing_changes(file: Path) -> None:
    configure(file, "mqtt.host=b")
    before = file.stat().st_mtime_ns
    assert configure(file, "mqtt.host=b").returncode == 0
    assert file.stat().st_mtime_ns == before
