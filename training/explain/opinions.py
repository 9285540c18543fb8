"""What a network says of a face, and where in the face that comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import CARD_FILE, Bundle, load_bundle
from edge.emotion.classifier import Classifier
from edge.errors import UsageError
from edge.records import Gray
from edge.resources import resource_folder
from training.explain.saliency.maps import Saliency
from training.explain.saliency.occlusion import Predict, occlusion
from training.given import NOTHING_GIVEN, Given
from training.splits import Pictures

#: Which network of a bundle: that of the device (without Keras), or the float one that it was made of.
Kind = Literal["int8", "float"]


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """One network that is asked for reasons.

    Attributes:
        name: the model as the user named it.
        kind: "int8", by the device's own code, or "float".
        classes: in the order of the output.
        side_px: of the input.
        crop_margin: how much of a frame it gets around the finder's box, as a share of the box.
        predict: probabilities of faces (n, h, w), 0..255.
        look: where in a face the score of a class, named by its place, comes from.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    side_px: int
    crop_margin: float
    predict: Predict
    look: Callable[[Gray, int], Saliency]

    def scores(self, face: Gray) -> NDArray[np.float32]:
        """Of one face crop of any size, (classes,)."""
        scores: NDArray[np.float32] = self.predict(face[np.newaxis])[0]
        return scores


def open_opinion(model: str, given: Given = NOTHING_GIVEN, kind: Kind | None = None) -> Opinion:
    """Make a network ready.

    Args:
        model: as the user names it; see training.contenders.
        given: what the options say of a model file.
        kind: of a bundle's two networks; None: that of the device.

    Raises:
        UsageError, ModelError: it is not there, or does not say what it must.
    """
    if kind != "float" and is_bundle(model):
        return _of_device(model, load_bundle(model))
    if kind == "int8":
        raise UsageError(f"--network int8 is about bundles; {model} is none: leave it out")
    return _by_keras(model, given)


def is_bundle(model: str) -> bool:
    """Told without Keras, which is slow to load and which a device's network does without."""
    is_name = Path(model).name == model
    folders = [Path(model), *([resource_folder("models") / model] if is_name else [])]
    return any((folder / CARD_FILE).is_file() for folder in folders)


def _of_device(name: str, bundle: Bundle) -> Opinion:
    classifier = Classifier.open(bundle)
    side_px = bundle.card.input.side_px

    def predict(faces: Pictures) -> NDArray[np.float32]:
        return np.stack([classifier.probabilities(face) for face in faces])

    return Opinion(
        name, "int8", bundle.card.classes, side_px, bundle.card.input.crop_margin, predict,
        lambda face, place: occlusion(predict, face, side_px, place),
    )  # fmt: skip


def _by_keras(name: str, given: Given) -> Opinion:
    """A float network: by its own maps where they can be reached, else by covering."""
    from training.backend import prepare_backend

    prepare_backend()
    from training.contenders import open_contenders
    from training.explain.saliency.gradcam import cut
    from training.model_files import load_float_model
    from training.sources import find_source

    contender = open_contenders(name, given)[0]
    source = find_source(name, given)
    halves = None
    if not source.is_tflite:
        halves = cut(load_float_model(source.model, len(contender.classes)), source.value_range)

    def look(face: Gray, place: int) -> Saliency:
        if halves is not None:
            return halves.look(face, place)
        return occlusion(contender.predict, face, contender.side_px, place)

    return Opinion(
        name, contender.kind, contender.classes, contender.side_px, source.crop_margin or 0.0,
        contender.predict, look,
    )  # fmt: skip
