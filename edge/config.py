"""The configuration: one TOML file, one model a table. Every key has a usable default.

A key's description says its unit; help texts and the documentation are made from it.
"""

import difflib
import os
import platform
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from edge.errors import ConfigError

#: The broker's password, as systemd/mien.service calls it.
CREDENTIAL = "mqtt-password"

#: The key of our own certificate, where systemd hands it to the service.
KEY_CREDENTIAL = "mqtt-client-key"

#: pydantic's constraints and errors, in words.
_BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_KINDS = {
    "model_type": "a table",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
}
_OUT_OF_RANGE = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


class _Table(BaseModel):
    # TOML has types: "1883" is no number and 1 is no boolean.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _default_device_id() -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", platform.node().partition(".")[0]) or "mien"


class DeviceConfig(_Table):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=_default_device_id,
        description="names this device in topics: letters, digits, - and _; default: the host's name",
    )


#: A part of a picture: x, y, width and height as fractions of its sides.
Region = tuple[float, float, float, float]


class CameraConfig(_Table):
    source: str = Field(
        "v4l2:0",
        description="v4l2:NUMBER, v4l2:/dev/PATH, picamera2, picamera2:NUMBER, or file: and a video, picture, "
        "folder or rtsp:// address",
    )
    width_px: Annotated[int, Field(ge=64, le=4096)] = Field(640, description="asked of the camera, pixels")
    height_px: Annotated[int, Field(ge=48, le=4096)] = Field(480, description="asked of the camera, pixels")
    fps: Annotated[float, Field(gt=0, le=120)] = Field(
        15,
        description="asked of the camera, and the rate of pictures in a folder; frames per second",
    )
    idle_fps: Annotated[float, Field(ge=1, le=120)] = Field(
        5,
        description="rate while nobody is there and nothing moves (at 5 it wakes within 0.3 s); "
        "frames per second",
    )
    rotate_deg: Literal[0, 90, 180, 270] = Field(
        0, description="how far the picture is turned clockwise until faces stand upright, degrees"
    )
    region: Region = Field(
        (0.0, 0.0, 1.0, 1.0),
        description="the part of the upright picture that is looked at: x, y, width, height as fractions of it",
    )
    format: Literal["auto", "mjpeg", "yuyv"] = Field(
        "auto",
        description="asked of a v4l2 camera: mjpeg comes at full rate over any USB port, yuyv spares the "
        "decoding; auto: mjpeg, else yuyv",
    )
    realtime: bool = Field(True, description="play a file at its own speed; false: as fast as possible")
    loop: bool = Field(False, description="begin a file again at its end")
    clock: Literal["wall", "virtual"] = Field(
        "wall",
        description="virtual: a file is played as fast as possible and all times are those of the recording, "
        "so that every run tells the same to the byte",
    )
    frozen_after_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        5, description="a camera that repeats one picture for so long has failed, seconds; 0: never"
    )
    black_after_s: Annotated[float, Field(ge=0, le=86400)] = Field(
        60,
        description="a picture that is black for so long is told, seconds; 0: never, for rooms that get dark",
    )

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        kind, _, rest = source.partition(":")
        is_known = rest if kind in ("file", "v4l2") else source == "picamera2" or rest.isdecimal()
        if kind not in ("file", "v4l2", "picamera2") or not is_known:
            raise ValueError("expected v4l2:NUMBER, v4l2:/dev/PATH, picamera2, picamera2:NUMBER or file:PATH")
        return source

    @field_validator("region", mode="before")
    @classmethod
    def _within_the_picture(cls, region: object) -> Region:
        wanted = "expected four fractions: [x, y, width, height]"
        if not isinstance(region, list | tuple) or len(region) != 4:
            raise ValueError(wanted)
        if not all(type(part) in (int, float) for part in region):
            raise ValueError(wanted)
        x, y, width, height = (float(part) for part in region)
        if not (0 <= x <= 0.95 and 0 <= y <= 0.95 and width >= 0.05 and height >= 0.05):
            raise ValueError("expected x and y from 0 to 0.95, width and height of at least 0.05")
        if x + width > 1 + 1e-6 or y + height > 1 + 1e-6:  # 0.7 + 0.3 is not quite 1
            raise ValueError("expected x + width and y + height to be at most 1")
        return x, y, width, height

    @model_validator(mode="after")
    def _virtual_time_is_of_recordings(self) -> "CameraConfig":
        if self.is_virtual and comes_back(self.source):
            raise ValueError(
                f"clock is virtual and source is {without_login(self.source)!r}; "
                "expected a video, picture or folder"
            )
        return self

    @property
    def is_virtual(self) -> bool:
        """Whether time is that of the recording."""
        return self.clock == "virtual"

    @property
    def is_paced(self) -> bool:
        """Whether a file is played at its own speed."""
        return self.realtime and not self.is_virtual


class DetectConfig(_Table):
    scale_factor: Annotated[float, Field(gt=1, le=2)] = Field(
        1.2, description="step between the face sizes that Haar tries; nearer 1 finds more and costs more"
    )
    min_neighbors: Annotated[int, Field(ge=1, le=20)] = Field(
        2, description="how many overlapping hits make a face; more means fewer false faces"
    )
    min_face_px: int | None = Field(
        None,
        ge=24,
        le=2000,
        description="smallest face that is looked for, pixels of the full frame; half of it costs four times "
        "the CPU; default: a tenth of the frame's height",
    )
    max_faces: Annotated[int, Field(ge=1, le=50)] = Field(20, description="most faces followed at a time")
    new_face_within_s: Annotated[float, Field(gt=0, le=60)] = Field(
        1.0, description="how soon a new face is found, seconds"
    )
    lost_after_s: Annotated[float, Field(ge=0, le=60)] = Field(
        1.0, description="how long a face that is not found is still thought to be there, seconds"
    )
    cpu_percent: Annotated[float, Field(ge=1, le=100)] = Field(
        50,
        description="most CPU that is spent on frames, percent of one core; beyond it frames are left out, and "
        "then new faces are looked for less often; no limit for a file that is not played in real time",
    )
    yunet_model: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="YuNet's ONNX file, such as face_detection_yunet_2023mar.onnx, which finds more faces than "
        "Haar and costs more; default: Haar",
    )


class QualityConfig(_Table):
    min_face_px: Annotated[int, Field(ge=0, le=500)] = Field(
        24, description="a smaller face gives no emotion, pixels of the frame; 0: however small"
    )
    max_cut: Annotated[float, Field(ge=0, le=1)] = Field(
        0.15, description="most of a face that may lie beyond the frame, 0..1"
    )
    min_sharpness: Annotated[float, Field(ge=0, le=2)] = Field(
        0.65, description="a less sharp face gives no emotion; a sharp one has about 1; 0: however blurred"
    )
    min_brightness: Annotated[float, Field(ge=0, le=255)] = Field(
        30, description="mean of the pixels below which a face is too dark, 0..255"
    )
    max_brightness: Annotated[float, Field(ge=0, le=255)] = Field(
        215, description="mean of the pixels above which a face is too bright, 0..255"
    )
    max_clipped: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="most of a face that may be as bright as the camera can tell, 0..1"
    )
    min_contrast: Annotated[float, Field(ge=0, le=128)] = Field(
        12, description="least standard deviation of the pixels, 0..128; below, a face is too dark or bright"
    )


class ModelConfig(_Table):
    bundle: str = Field("mini_xception", description="name of a shipped bundle, or a bundle's folder")
    accelerator: Literal["auto", "cpu", "edgetpu"] = Field(
        "auto", description="auto: the quicker one of those that are there; cpu; edgetpu: a Coral stick or card"
    )
    retry_s: Annotated[float, Field(ge=1, le=86400)] = Field(
        600, description="how long a Coral that failed is left alone before it is tried again, seconds"
    )
    threads: Annotated[int, Field(ge=1, le=16)] = Field(1, description="threads of the interpreter")


class MoodConfig(_Table):
    smoothing_s: Annotated[float, Field(ge=0, le=60)] = Field(
        0.2, description="time constant of the smoothing of scores, seconds; 0: none"
    )
    min_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.35, description="below this smoothed score no emotion begins; it is uncertain instead, 0..1"
    )
    leave_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.2, description="below this smoothed score an emotion ends, 0..1; at most min_confidence counts"
    )
    switch_margin: Annotated[float, Field(ge=0, le=1)] = Field(
        0.2, description="by how much another emotion's score must lead before it is told, 0..1"
    )
    min_dwell_s: Annotated[float, Field(ge=0, le=60)] = Field(
        0.5, description="an emotion that was told holds at least this long, seconds"
    )
    uncertain_after_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        3, description="a face that could not be read for so long is uncertain, seconds"
    )
    no_face_after_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        1, description="how long after the last face was lost no_face is told, seconds"
    )


class MqttConfig(_Table):
    host: Annotated[str, Field(min_length=1)] = Field("localhost", description="name or address of the broker")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        1883, description="TCP port of the broker; default: 1883, with tls 8883"
    )
    username: str | None = Field(None, description="name for the broker; default: none")
    password_file: Path | None = Field(
        None,
        strict=False,  # TOML has no paths, but strings
        description="file whose first line is the password; default: systemd credential mqtt-password",
    )
    tls: bool = Field(
        False, description="encrypt all that is sent, and check that the broker is the one it says it is"
    )
    ca_file: Path | None = Field(
        None,
        strict=False,
        description="certificate (PEM) of the authority that signed the broker's; default: those of the system",
    )
    client_cert_file: Path | None = Field(
        None, strict=False, description="our own certificate (PEM), for a broker that wants one; default: none"
    )
    client_key_file: Path | None = Field(
        None,
        strict=False,
        description="its key (PEM); default: systemd credential mqtt-client-key, else within client_cert_file",
    )
    server_name: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="name in the broker's certificate where it is not host; default: host"
    )
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] | None = Field(
        None,
        description="what the broker knows this connection by; no two may have the same; default: made of "
        "device.id and this machine's serial number",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        "auto", description="version of MQTT; auto: 5, and 3.1.1 with a broker that knows no other"
    )
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        15, description="after one and a half of these without a word the broker tells the last will, seconds"
    )

    @field_validator("host", "server_name")
    @classmethod
    def _can_be_looked_up(cls, host: str | None) -> str | None:
        try:
            if host is not None:
                host.encode("idna")
        except UnicodeError:
            raise ValueError("expected a host's name or address") from None
        return host

    @model_validator(mode="before")
    @classmethod
    def _tls_has_a_port_of_its_own(cls, keys: Any) -> Any:
        if isinstance(keys, dict) and keys.get("tls") is True and "port" not in keys:
            return keys | {"port": 8883}
        return keys

    @model_validator(mode="after")
    def _password_has_a_user(self) -> "MqttConfig":
        if self.password_file and not self.username:
            raise ValueError("password_file is set and username is not; expected both or neither")
        return self

    @model_validator(mode="after")
    def _keys_of_tls_go_with_it(self) -> "MqttConfig":
        for key in ("ca_file", "client_cert_file", "client_key_file", "server_name"):
            if getattr(self, key) and not self.tls:
                raise ValueError(f"{key} is set and tls is not; expected tls = true beside it")
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file is set and client_cert_file is not; expected both")
        return self


class PublishConfig(_Table):
    to: Literal["mqtt", "log"] = Field("mqtt", description="mqtt, or log: JSON lines on standard output")
    interval_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        0.5, description="at most one state message in this time, seconds"
    )
    heartbeat_s: Annotated[float, Field(gt=0, le=86400)] = Field(
        30, description="at least one state message in this time, seconds"
    )
    max_per_minute: Annotated[int, Field(ge=20, le=100_000)] = Field(
        1200, description="at most so many messages a minute, whatever happens before the camera"
    )
    outbox: Path | None = Field(
        None,
        strict=False,
        description="file in which messages that must arrive wait for the broker, so that they outlive a "
        "restart; default: none, they wait in memory",
    )
    outbox_max_messages: Annotated[int, Field(ge=10, le=1_000_000)] = Field(
        5000, description="most messages that wait; the oldest give way"
    )
    outbox_max_age_s: Annotated[float, Field(ge=1, le=31_536_000)] = Field(
        86400, description="a message that has waited so long is given up, seconds"
    )

    @model_validator(mode="after")
    def _heart_beats_slower(self) -> "PublishConfig":
        if self.heartbeat_s < self.interval_s:
            raise ValueError(
                f"heartbeat_s is {self.heartbeat_s:g} and interval_s is {self.interval_s:g}; "
                "expected heartbeat_s to be the longer one"
            )
        return self


class Config(_Table):
    device: DeviceConfig = Field(default_factory=DeviceConfig)
    camera: CameraConfig = Field(default_factory=lambda: CameraConfig())
    detect: DetectConfig = Field(default_factory=lambda: DetectConfig())
    quality: QualityConfig = Field(default_factory=lambda: QualityConfig())
    model: ModelConfig = Field(default_factory=lambda: ModelConfig())
    mood: MoodConfig = Field(default_factory=lambda: MoodConfig())
    mqtt: MqttConfig = Field(default_factory=lambda: MqttConfig())
    publish: PublishConfig = Field(default_factory=lambda: PublishConfig())

    @model_validator(mode="after")
    def _virtual_time_has_no_coral(self) -> "Config":
        if self.camera.is_virtual and self.model.accelerator == "edgetpu":
            raise ValueError(
                "camera.clock is virtual and model.accelerator is edgetpu; expected cpu, since when a Coral is "
                "ready differs from run to run"
            )
        return self


def load_config(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: it is missing, is not TOML, or holds a key or a value that is not allowed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is not there; expected a TOML file (an empty one will do)") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return parse_config(tables)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_config(tables: dict[str, Any]) -> Config:
    """Check tables as `tomllib` gives them. Raises ConfigError, which names the key and the value."""
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


def read_password(mqtt: MqttConfig) -> str | None:
    """The broker's password from its file or the systemd credential; None where there is neither."""
    path = mqtt.password_file or find_credential(CREDENTIAL)
    if path is None:
        return None
    try:
        first_line = Path(os.path.expanduser(path)).read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"mqtt.password_file is {path}, which cannot be read: {reason}") from None
    return first_line.rstrip("\r") or None  # the service has an empty one where the broker wants none


def find_credential(name: str) -> Path | None:
    """The file in which systemd hands us a secret; None where it hands us none."""
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / name
    return credential if "CREDENTIALS_DIRECTORY" in os.environ and credential.is_file() else None


def comes_back(source: str) -> bool:
    """Whether a source that fails may work again later: a device or a network's camera, not a file."""
    kind, _, address = source.partition(":")
    return kind != "file" or "://" in address


def public_config(config: Config) -> dict[str, Any]:
    """Every key as JSON has it; the login in a camera's address is left out."""
    tables = config.model_dump(mode="json")
    tables["camera"]["source"] = without_login(config.camera.source)
    return tables


def without_login(address: str) -> str:
    """An address such as rtsp://name:password@host/… with … in the login's place."""
    return re.sub(r"//[^/@]*@", "//…@", address)


def _one_line(error: ValidationError) -> str:
    """What is wrong with the first bad key, and how many more there are."""
    details = error.errors()
    first = details[0]
    location = [_on_one_line(str(part)) for part in first["loc"]]
    is_of_table = first["type"] == "value_error" and isinstance(first["input"], dict | BaseModel)
    if first["type"] == "extra_forbidden":
        line = _unknown(location)
    elif is_of_table:  # two keys that do not go together: the message names them
        line = ": ".join([*filter(None, [".".join(location)]), str(first["ctx"]["error"])])
    else:
        value = without_login(repr(first["input"]))  # a camera's address may hold its password
        line = f"{'.'.join(location)} is {value}; {_expected(first, location)}"
    return line + (f" (and {len(details) - 1} more)" if len(details) > 1 else "")


def _on_one_line(key: str) -> str:
    """A key may hold what breaks a line."""
    return key if key.isprintable() else repr(key)[1:-1]


def _expected(first: Mapping[str, Any], location: list[str]) -> str:
    """What is allowed: for a number out of range both bounds, else what pydantic says."""
    if first["type"] in _KINDS:
        return f"expected {_KINDS[first['type']]}"
    if first["type"] in _OUT_OF_RANGE:
        metadata = _fields(location[:-1])[location[-1]].metadata
        bounds = [
            f"{word} {getattr(bound, name):g}"
            for bound in metadata
            for name, word in _BOUNDS.items()
            if hasattr(bound, name)
        ]
        return f"expected {' and '.join(bounds)}"
    message = first["msg"].replace("String should ", "to ")
    return "expected " + re.sub(r"^(Value error, expected |Input should be )", "", message)


def _unknown(location: list[str]) -> str:
    """Name an unknown key and the known one that looks most like it."""
    *tables, key = location
    fields = _fields(tables)
    what = "key" if tables else "table"
    near = difflib.get_close_matches(key, fields, n=1, cutoff=0.4)
    hint = f"; did you mean {'.'.join([*tables, near[0]])}?" if near else ""
    known = "" if near else f"; known here: {', '.join(fields)}"
    return f"{'.'.join(location)} is an unknown {what}{hint}{known}"


def _fields(tables: list[str]) -> dict[str, FieldInfo]:
    """The keys of a table of the configuration; of the whole of it where no table is named."""
    fields = Config.model_fields
    for table in tables:
        kind = fields[table].annotation
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        fields = kind.model_fields
    return fields
