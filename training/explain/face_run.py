"""`mien-train explain face`: pictures one by one, each explanation as a picture, a sentence and JSON."""

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from edge.errors import DataError, PictureError
from edge.predict import expand
from training.explain.asked import measured_by, opinions_by
from training.explain.drawing import draw
from training.explain.face import ExplainedFace, Measured, explain_picture
from training.explain.opinions import Opinion
from training.report.folder import expect_free, report_folder

logger = logging.getLogger(__name__)

JSON_FILE = "reasons.json"
#: All that its folder consists of.
PARTS = (JSON_FILE, "why_*.png")


def run_face(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: --out is in use, or options do not go together.
        PictureError: no picture could be read.
        DataError: the action units have no row for a picture.
    """
    if options.out is not None:
        expect_free(options.out, PARTS, options.force)
    paths = expand(options.pictures)
    measured, opinions = measured_by(options), opinions_by(options)
    place = report_folder(options.out, PARTS, options.force) if options.out is not None else nullcontext()
    documents = []
    with place as folder:
        for number, (path, faces) in enumerate(_explained(paths, opinions, measured, not options.no_detect), 1):
            pictures = _write(folder, f"{number:03d}_{path.stem}", faces, options.lang) if folder else []
            documents.append(_document(path, faces, pictures, options.lang))
            if not options.json:
                print(*_lines(path, faces, options), sep="\n", flush=True)
        text = json.dumps(documents, indent=2, ensure_ascii=False)
        if folder is not None:
            (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    elif options.out is not None:
        print(f"pictures and {JSON_FILE}: {options.out}")


def _explained(
    paths: Sequence[Path], opinions: Sequence[Opinion], measured: Measured | None, detect: bool
) -> Iterator[tuple[Path, list[ExplainedFace]]]:
    """The faces of each picture; of several, what cannot be read or has no row is named and left out."""
    skipped = 0
    for path in paths:
        try:
            yield path, explain_picture(path, opinions, measured, detect=detect)
        except (PictureError, DataError) as error:
            if len(paths) == 1:
                raise
            skipped += 1
            logger.error("%s", error)
    if skipped == len(paths):
        raise PictureError(f"none of {len(paths)} pictures could be explained, see above")
    if skipped:
        logger.warning("%d of %d pictures could not be explained, see above", skipped, len(paths))


def _write(folder: Path, name: str, faces: Sequence[ExplainedFace], lang: str) -> list[str]:
    """A picture of each explanation; their names."""
    names = [f"why_{name}_{number}.png" for number in range(1, len(faces) + 1)]
    for file, face in zip(names, faces, strict=True):
        (folder / file).write_bytes(draw(face, lang))
    return names


def _document(path: Path, faces: Sequence[ExplainedFace], pictures: Sequence[str], lang: str) -> dict[str, Any]:
    found = [face.as_json(lang) for face in faces]
    for one, picture in zip(found, pictures, strict=False):
        one["picture"] = picture
    return {"file": str(path), "faces": found}


def _lines(path: Path, faces: Sequence[ExplainedFace], options: argparse.Namespace) -> Iterator[str]:
    if not faces:
        yield f"{path}: no face found; if the picture is a face crop already, give --no-detect"
    for face in faces:
        where = "" if options.no_detect else f" at {face.face.box.as_list()}"
        yield f"{path}{where}: {face.sentence(options.lang)}"
