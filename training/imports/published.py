"""Model files that were published, known by their sha256 alone: what they are, their authors wrote down.

The same network with other weights is none of these: rivals feed it [0, 1] and others [-1, 1], and nothing in
the file tells which. Of Octavio Arriaga's face_classification
(https://github.com/oarriaga/face_classification at b861d21, MIT), `src/utils/preprocessor.py` maps 0..255 to
[-1, 1], `src/utils/datasets.py` has the class orders, and `src/train_emotion_classifier.py` takes the last
fifth of FER2013's rows to stop and to choose by: just the rows of PublicTest and PrivateTest.
"""

from dataclasses import dataclass

from edge.labels import EMOTIONS
from training.given import Range

_LICENCE = "MIT, Octavio Arriaga, https://github.com/oarriaga/face_classification"
_FITTED_ON = (
    "FER2013 (Goodfellow et al. 2013, arXiv:1307.0414); its authors stopped and chose by the last fifth of the "
    "rows, which are PublicTest and PrivateTest: neither is a clean test of it"
)


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of a file.

    Attributes:
        name: as it was published.
        network: what it is.
        classes: in the order of the output.
        value_range: of its input.
        data: what it was fitted on.
        labels: whose they were, as in training.config.FitConfig.
        licence: of the weights.
    """

    name: str
    network: str = "mini_xception_2017"
    classes: tuple[str, ...] = EMOTIONS
    value_range: Range = (-1.0, 1.0)
    data: str = _FITTED_ON
    labels: str = "fer2013"
    licence: str = _LICENCE


#: By sha256 of the file. Each was fetched from that repository, evaluated, and does far worse on [0, 1].
PUBLISHED = {
    "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e": Published(
        "fer2013_mini_XCEPTION.102-0.66.hdf5"
    ),
    "c6100e8155bddd8d994d778b0caf8e0b412724fa6df8690e5517f1ff71f495cf": Published(
        "fer2013_mini_XCEPTION.119-0.65.hdf5"
    ),
    "2c7ed52bc381077b5099afdfa392efb754516db91575f3f8ea120e81bc55db37": Published(
        "fer2013_big_XCEPTION.54-0.66.hdf5", "big_xception_2017"
    ),
}
