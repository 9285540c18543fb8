"""The model bundle: a folder with an int8 network and the card that says how to feed and read it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import ModelError
from edge.files import write_text
from edge.resources import resource_folder

MODEL_FILE = "model.tflite"
EDGETPU_FILE = "model_edgetpu.tflite"
SOURCE_FILE = "source.keras"
CARD_FILE = "card.json"
#: The shipped networks: the best, and one for devices that are too slow for it.
BEST_BUNDLE, SMALL_BUNDLE = "mien", "mini_xception"

_Positive = Annotated[float, Field(gt=0)]
_EightBits = Annotated[int, Field(ge=-128, le=255)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantization(_Strict):
    """real = (quantized - zero_point) * scale

    Ours are int8; what was quantized elsewhere, as by Teachable Machine, may be uint8.
    """

    scale: _Positive
    zero_point: _EightBits
    type: Literal["int8", "uint8"] = "int8"

    @model_validator(mode="after")
    def _holds_zero_point(self) -> "Quantization":
        low, high = (-128, 127) if self.type == "int8" else (0, 255)
        if not low <= self.zero_point <= high:
            raise ValueError(f"zero_point is {self.zero_point}; {self.type} holds {low} to {high}")
        return self


class InputSpec(_Strict):
    """How a face becomes the network's input.

    Attributes:
        colour: of the face. The device sees grey faces alone.
        channels: 3 where the network was made for colour pictures: the grey face stands in all three.
    """

    side_px: Annotated[int, Field(ge=8, le=1024)]
    colour: Literal["gray"] = "gray"
    channels: Literal[1, 3] = 1
    value_range: tuple[float, float]
    crop_margin: Annotated[float, Field(gt=-0.5, le=2)] = 0.0
    quantization: Quantization

    @model_validator(mode="after")
    def _range_rises(self) -> "InputSpec":
        if self.value_range[0] >= self.value_range[1]:
            raise ValueError(f"value_range is {list(self.value_range)}; the first must be below the second")
        return self


class OutputSpec(_Strict):
    """How the network's output becomes scores. Temperature 1 leaves the softmax as it is."""

    quantization: Quantization
    temperature: _Positive = 1.0


class Card(_Strict):
    """The whole preprocessing contract of a network, and the honest record of what it is.

    `training`, `metrics`, `conversion` and `looks` are a record for people: their keys may grow.

    Attributes:
        v: version of this schema.
        classes: names in the order of the output.
        metrics: by split, then by precision ("float", "int8"), then by figure.
        conversion: what becoming int8 cost, and what the Edge TPU's compiler said.
        looks: every opening of PrivateTest: date, command, figures.
        not_for: what the network must not be used for.
        sha256: of every file of the bundle but the card.
    """

    v: Literal[1] = 1
    name: Annotated[str, Field(min_length=1)]
    network: str
    input: InputSpec
    output: OutputSpec
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    conversion: Mapping[str, Any] = {}
    looks: tuple[Mapping[str, Any], ...] = ()
    licence: Mapping[str, str]
    not_for: tuple[str, ...]
    command: str
    sha256: Mapping[str, str]

    @model_validator(mode="after")
    def _classes_differ(self) -> "Card":
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes {list(self.classes)} hold a name twice")
        return self


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose card was read and whose files were checked against it."""

    folder: Path
    card: Card

    @property
    def model_path(self) -> Path:
        return self.folder / MODEL_FILE

    @property
    def source_path(self) -> Path:
        return self.folder / SOURCE_FILE

    @property
    def digest(self) -> str:
        """sha256 of the card, which holds that of every other file."""
        return sha256_of(self.folder / CARD_FILE)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_bundle(name_or_folder: str) -> Path:
    """The folder of a bundle that is given as a path or by the name of a shipped one.

    A folder of that name that holds no card, such as a checkout called mien, stands in nobody's way.
    """
    folder = Path(os.path.expanduser(name_or_folder))
    shipped = shipped_bundle(name_or_folder)
    if folder.is_dir() and (shipped is None or (folder / CARD_FILE).is_file()):
        return folder
    if shipped:
        return shipped
    names = sorted(path.parent.name for path in resource_folder("models").glob(f"*/{CARD_FILE}"))
    raise ModelError(
        f"model {name_or_folder} is not there; expected a bundle's folder or one of: {', '.join(names)}"
    )


def shipped_bundle(name: str) -> Path | None:
    """The folder of a shipped bundle; None where none is called so."""
    folder = resource_folder("models") / name
    return folder if Path(name).name == name and folder.is_dir() else None


def load_bundle(name_or_folder: str | Path) -> Bundle:
    """Read a bundle's card and check its files.

    Raises:
        ModelError: the bundle, its card or its model is missing, broken or not what the card says.
    """
    folder = find_bundle(str(name_or_folder))
    bundle = Bundle(folder, read_card(folder))
    _check_files(bundle)
    return bundle


def read_card(folder: Path) -> Card:
    path = folder / CARD_FILE
    try:
        return Card.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{folder} holds no {CARD_FILE}; expected a bundle made by mien-convert") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole file"
        given = f", not {str(first['input'])[:40]!r}" if first["loc"] else ""
        raise ModelError(f"{path}: {field}: {first['msg']}{given}") from None


def write_card(folder: Path, card: Card) -> None:
    text = json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False)
    write_text(folder / CARD_FILE, text + "\n")


def _check_files(bundle: Bundle) -> None:
    """Refuse a file that is not the one of the card. The source may be left out, as on devices."""
    if MODEL_FILE not in bundle.card.sha256:
        raise ModelError(f"{bundle.folder / CARD_FILE}: sha256 does not name {MODEL_FILE}")
    for name, expected in bundle.card.sha256.items():
        path = bundle.folder / name
        if Path(name).name != name:
            raise ModelError(f"{bundle.folder / CARD_FILE}: sha256 names {name}; expected a plain file name")
        if not path.is_file():
            if name == MODEL_FILE:
                raise ModelError(f"{path} is missing; expected the int8 model of the card")
            continue
        if (found := sha256_of(path)) != expected:
            raise ModelError(
                f"{path} has sha256 {found[:12]}…; the card says {expected[:12]}…: "
                "the file is damaged or belongs to another card"
            )
