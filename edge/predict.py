"""Faces and their apparent expressions in picture files."""

import itertools
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from edge.annotate import annotate
from edge.emotion.choice import choose_bundle
from edge.emotion.classifier import Classifier
from edge.errors import PictureError, UsageError
from edge.faces.schedule import find_once
from edge.files import refuse_existing, replacing
from edge.labels import name_for_people
from edge.pictures import picture_files, read_bgr, read_gray
from edge.records import Box, Gray, Scores

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One face of a picture."""

    box: Box
    scores: Scores

    @property
    def emotion(self) -> str:
        return max(self.scores, key=self.scores.__getitem__)

    @property
    def confidence(self) -> float:
        return self.scores[self.emotion]

    def as_json(self) -> dict[str, Any]:
        return {
            "box": self.box.as_list(),
            "emotion": self.emotion,
            "confidence": round(self.confidence, 4),
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
        }


class PictureRun:
    """Pictures read one by one. One that cannot be read is named, counted in `skipped` and left out.

    Args:
        paths: the pictures.
        bundle: name or folder of the model.
        detect: find faces; else each picture is a face crop.
        annotate_to: where pictures with boxes go, if wanted: a file for one picture, else a folder.
        force: replace pictures that are there.
    """

    def __init__(
        self,
        paths: list[Path],
        bundle: str,
        *,
        detect: bool = True,
        annotate_to: Path | None = None,
        force: bool = False,
    ) -> None:
        self.skipped = 0
        self._written: set[Path] = set()
        self._paths, self._detect = paths, detect
        self._annotate_to, self._force = annotate_to, force
        self._classifier = Classifier.open(choose_bundle(bundle, in_real_time=False).bundle)

    def predictions(self, lang: str = "en") -> Iterator[tuple[Path, list[Prediction]]]:
        """The faces of each picture, largest first.

        Raises:
            PictureError: the only picture cannot be read.
            UsageError: an annotated picture is there already.
        """
        for path in self._paths:
            try:
                gray = read_gray(path)
            except PictureError as error:
                if len(self._paths) == 1:
                    raise
                self.skipped += 1
                logger.error("%s", error)
                continue
            faces = [Prediction(box, self._classifier.scores(gray, box)) for box in self._boxes(gray)]
            if self._annotate_to:
                write_annotated(self._target(self._annotate_to, path), path, faces, lang)
            yield path, faces

    def text_lines(self, lang: str) -> Iterator[str]:
        """One line a picture, for people."""
        for path, faces in self.predictions(lang):
            said = [
                f"{name_for_people(face.emotion, lang)} {face.confidence:.0%} at {face.box.as_list()}"
                for face in faces
            ]
            yield f"{path}: {', '.join(said) or 'no face found'}"

    def json_lines(self) -> Iterator[str]:
        """One JSON list in pieces, so that thousands of pictures need no memory."""
        begin = "["
        for path, faces in self.predictions():
            entry = {"file": str(path), "faces": [face.as_json() for face in faces]}
            yield begin + json.dumps(entry, ensure_ascii=False)
            begin = ","
        yield "[]" if begin == "[" else "]"

    def _target(self, out: Path, picture: Path) -> Path:
        """Where the annotated picture goes; of two pictures of one name the second is numbered."""
        target = first = annotated_path(out, picture, is_only_one=len(self._paths) == 1)
        for number in itertools.count(2):
            if target not in self._written:
                break
            target = first.with_stem(f"{first.stem}_{number}")
        self._written.add(target)
        refuse_existing(target, self._force)
        return target

    def _boxes(self, gray: Gray) -> list[Box]:
        return find_once(gray) if self._detect else [Box(0, 0, gray.shape[1], gray.shape[0])]


def expand(arguments: list[str]) -> list[Path]:
    """The pictures that were asked for; a folder stands for all in it."""
    paths: list[Path] = []
    for path in map(Path, arguments):
        paths.extend(picture_files(path) if path.is_dir() else [path])
    if not paths:
        raise PictureError(f"{', '.join(arguments)}: no picture in it")
    return paths


def annotated_path(out: Path, picture: Path, is_only_one: bool) -> Path:
    """Where the annotated picture goes: to `out` itself for one picture, else into that folder."""
    if is_only_one and out.suffix and not out.is_dir():
        return out
    if out.exists() and not out.is_dir():
        raise UsageError(f"--annotate {out} is a file; expected a folder for several pictures")
    return out / f"{picture.stem}_mien.png"


def write_annotated(target: Path, picture: Path, predictions: list[Prediction], lang: str) -> None:
    """Write the picture with its boxes. The only picture that mien writes, and only when asked to."""
    image = annotate(read_bgr(picture), [(p.box, p.emotion, p.confidence) for p in predictions], lang)
    encoded, data = cv2.imencode(target.suffix or ".png", image) if _can_write(target) else (False, None)
    if not encoded or data is None:
        raise UsageError(f"--annotate {target}: no picture format by that suffix; try .png or .jpg")
    with replacing(target) as temporary:
        temporary.write_bytes(data.tobytes())


def _can_write(target: Path) -> bool:
    return cv2.haveImageWriter(f"x{target.suffix or '.png'}")
