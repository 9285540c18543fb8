"""What may crash or hang, each in a process of its own: `python -m edge.doctor.probe NAME SECONDS`.

The request comes by standard input, the answer leaves by standard output, both as JSON; of pictures only
figures leave. The alarm ends the process even where it is caught in a driver and nobody waits for it.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

#: Frames from which a camera's exposure has settled, and how long we wait for them.
_FRAMES = 30
_LONGEST_S = 4.0

Answer = dict[str, Any]


def camera(request: Mapping[str, Any]) -> Answer:
    """Open a camera and take frames: how many, how large, how bright."""
    import numpy as np

    from edge.cameras import open_camera
    from edge.config import parse_config

    source = open_camera(parse_config({"camera": request["camera"]}).camera)
    began_s = time.monotonic()
    frames: list[Any] = []
    for frame in islice(source, _FRAMES):
        frames = [*frames[-4:], frame.gray]  # the last ones: the first are often dark
        count = frame.index + 1
        if time.monotonic() - began_s > _LONGEST_S:
            break
    elapsed_s = time.monotonic() - began_s
    source.close()
    if not frames:
        return {"frames": 0}
    pixels = np.concatenate([gray.ravel() for gray in frames])  # those of a folder may differ in size
    return {
        "name": source.name,
        "frames": count,
        "fps": round(count / elapsed_s, 1) if source.is_live and count > 1 else None,
        "width_px": frames[-1].shape[1],
        "height_px": frames[-1].shape[0],
        "mean": float(pixels.mean()),
        "spread": float(pixels.std()),
        "bright": float(np.percentile(pixels, 99)),
        "burnt_share": float((pixels >= 250).mean()),
    }


def picamera2(request: Mapping[str, Any]) -> Answer:
    """Import Picamera2 and list the cameras that it knows."""
    module = importlib.import_module("picamera2")  # a Debian package, present only on a Pi
    cameras = module.Picamera2.global_camera_info()
    return {"cameras": [str(camera.get("Model", "unnamed")) for camera in cameras]}


def runtime(request: Mapping[str, Any]) -> Answer:
    """Import what the network and the face search need, and tell the versions."""
    import cv2
    import numpy

    from edge.emotion.runtime import import_runtime, name_with_version

    return {
        "runtime": name_with_version(import_runtime()),
        "numpy": numpy.__version__,
        "opencv": cv2.__version__,
        "has_haar": hasattr(cv2, "CascadeClassifier"),
    }


def model(request: Mapping[str, Any]) -> Answer:
    """Load a bundle, and have drawn faces scored by the quick kernels and by the plain ones."""
    from edge.emotion.canary import find_difference, make_canaries
    from edge.emotion.choice import choose_bundle
    from edge.emotion.classifier import Classifier

    choice = choose_bundle(request["bundle"])
    bundle = choice.bundle
    quick = Classifier.open(bundle, request["threads"])
    canaries = make_canaries(quick)
    plain = Classifier(_plain_interpreter(str(bundle.model_path)), bundle.card)
    return {
        "name": str(choice),
        "digest": bundle.digest[:12],
        "folder": str(bundle.folder),
        "faces": [quick.classes[canary.label] for canary in canaries],
        "difference": find_difference(plain, canaries),
    }


def coral(request: Mapping[str, Any]) -> Answer:
    """Open a Coral and have it score the drawn faces."""
    from edge.config import parse_config
    from edge.emotion.choice import choose_bundle
    from edge.emotion.coral import try_coral
    from edge.stages import Stages

    config = parse_config({"model": request["model"]}).model
    bundle = choose_bundle(config.bundle).bundle
    trial = try_coral(bundle, config, Stages(), Path(request["sysfs"]), Path(request["dev"]))
    return {
        "problem": trial.problem,
        "library": trial.library,
        "cpu_ms": trial.cpu_ms,
        "edgetpu_ms": trial.edgetpu_ms,
    }


def _plain_interpreter(path: str) -> Any:
    """With kernels that are written to be right, not quick (no XNNPACK, no NEON)."""
    from edge.emotion.runtime import import_runtime

    runtime = import_runtime()
    plain = runtime.OpResolverType.BUILTIN_REF
    interpreter = runtime.Interpreter(path, experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    return interpreter


def _write(answer: Answer, to: int) -> None:
    os.write(to, json.dumps(answer).encode())


_PROBES: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "camera": camera,
    "picamera2": picamera2,
    "runtime": runtime,
    "model": model,
    "coral": coral,
}


def main() -> int:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(sys.argv[2]))
    ours = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # libraries print what is not JSON
    try:
        answer = _PROBES[sys.argv[1]](json.load(sys.stdin))
    except Exception as error:  # whatever it is, it is what was looked for
        answer = {"error": type(error).__name__, "message": " ".join(str(error).split())}
    _write(answer, ours)
    # A driver that crashes as it is unloaded has nothing more to tell us.
    os._exit(0)


if __name__ == "__main__":
    main()
