"""Whatever is wrong with what a user gives: one clear line and exit 1 or 2."""

import os
import shutil
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.records import Gray
from tests.conftest import free_port
from tests.edge.conftest import Run

Make = Callable[..., Path]


def refused(mien: Run, status: int, *arguments: str | Path, told: tuple[str, ...]) -> None:
    """Run a command that must end in one line which holds every part of `told`."""
    done = mien(*arguments)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO ")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("mien: ")
    for part in told:
        assert part in lines[0]
    assert done.returncode == status


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[camera\n", ("is not TOML",)),
        ("[mqtt]\nhots = 'x'", ("mqtt.hots is an unknown key", "mqtt.host")),
        ("[mqtt]\nport = 'x'", ("mqtt.port is 'x'", "expected a whole number")),
        ("[detect]\nmin_face_px = 5", ("min_face_px is 5", "expected at least 24 and at most 2000")),
        ("[camera]\nfps = 0", ("camera.fps is 0", "expected above 0 and at most 120")),
        ("[mqtt]\nhost = 'a..b'", ("mqtt.host is 'a..b'", "expected a host's name or address")),
    ],
)
def test_a_wrong_configuration(text: str, told: tuple[str, ...], mien: Run, tmp_path: Path) -> None:
    path = tmp_path / "mien.toml"
    path.write_text(text)
    refused(mien, 2, "run", "--config", path, told=(str(path), *told))


def test_a_missing_configuration(mien: Run, tmp_path: Path) -> None:
    refused(mien, 2, "run", "--config", tmp_path / "none.toml", told=("none.toml is not there",))


def test_a_password_that_cannot_be_read(mien: Run, clip: Path, tmp_path: Path) -> None:
    login = f'username = "mien"\npassword_file = "{tmp_path}/none"'
    (tmp_path / "mien.toml").write_text(f'[camera]\nsource = "file:{clip}"\n[mqtt]\n{login}')
    told = (f"mqtt.password_file is {tmp_path}/none", "No such file")
    refused(mien, 2, "run", "--config", tmp_path / "mien.toml", told=told)


@pytest.mark.parametrize("name", ["none", "~nobody-here/none", "x" * 300])
def test_a_missing_model(name: str, mien: Run, astronaut_picture: Path) -> None:
    told = ("too long",) if len(name) > 255 else (f"model {name} is not there", "mini_xception")
    refused(mien, 1, "predict", astronaut_picture, "--model", name, told=told)


def test_a_truncated_model(mien: Run, make_bundle: Make, astronaut_picture: Path) -> None:
    folder = make_bundle()
    os.truncate(folder / "model.tflite", 50_000)
    refused(mien, 1, "predict", astronaut_picture, "--model", folder, told=("model.tflite has sha256",))


def test_a_model_of_another_shape_than_its_card(mien: Run, make_bundle: Make, astronaut_picture: Path) -> None:
    folder = make_bundle({"input.side_px": 48})
    told = ("input.side_px", "is [1, 64, 64, 1]", "the card expects [1, 48, 48, 1]")
    refused(mien, 1, "predict", astronaut_picture, "--model", folder, told=told)


def test_a_card_that_is_a_folder(mien: Run, tmp_path: Path, astronaut_picture: Path) -> None:
    (tmp_path / "card.json").mkdir()
    refused(mien, 1, "predict", astronaut_picture, "--model", tmp_path, told=("card.json cannot be read",))


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def jpeg(gray: Gray) -> bytes:
    return cv2.imencode(".jpg", gray)[1].tobytes()


BAD_PICTURES: dict[str, tuple[Callable[[Gray], bytes], str]] = {
    "empty.jpg": (lambda gray: b"", "the file is empty"),
    "noise.jpg": (lambda gray: np.random.default_rng(0).bytes(9000), "not a picture"),
    "truncated.jpg": (lambda gray: jpeg(gray)[:20_000], "breaks off before its end"),
    "truncated.png": (lambda gray: cv2.imencode(".png", gray)[1].tobytes()[:20_000], "breaks off"),
    "truncated.tiff": (lambda gray: cv2.imencode(".tiff", gray)[1].tobytes()[:20_000], "not a picture"),
    "300 megapixels.png": (lambda gray: png_that_claims(20_000, 15_000), "more than 200 megapixels"),
    "too wide.png": (lambda gray: png_that_claims(2_000_000, 10), "not a picture"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture(name: str, mien: Run, astronaut: Gray, tmp_path: Path) -> None:
    make, reason = BAD_PICTURES[name]
    (tmp_path / name).write_bytes(make(astronaut))
    refused(mien, 1, "predict", tmp_path / name, told=(f"{tmp_path / name}: ", reason))


def test_a_missing_picture(mien: Run, tmp_path: Path) -> None:
    refused(mien, 1, "predict", tmp_path / "none.png", told=("none.png: no such file",))


def test_a_folder_without_pictures(mien: Run, tmp_path: Path) -> None:
    refused(mien, 1, "predict", tmp_path, told=(f"{tmp_path}: no picture in it",))


@pytest.mark.parametrize("name", ["one.png", "16-bit.png", "alpha.png", "noise.png", "flat 100 megapixels.jpg"])
def test_an_odd_picture_is_no_bad_one(name: str, mien: Run, astronaut: Gray, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    pictures = {
        "one.png": np.zeros((1, 1), np.uint8),
        "16-bit.png": astronaut.astype(np.uint16) * 257,
        "alpha.png": np.dstack([astronaut] * 4),
        "noise.png": noise,
        "flat 100 megapixels.jpg": np.full((10_000, 10_000), 90, np.uint8),
    }
    cv2.imwrite(str(tmp_path / name), pictures[name])
    done = mien("predict", tmp_path / name)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("happy" in done.stdout) == (name in ("16-bit.png", "alpha.png"))


def run_on(mien: Run, source: Path, tmp_path: Path, *told: str) -> None:
    config = tmp_path / "mien.toml"
    config.write_text(f'[camera]\nsource = "file:{source}"\nrealtime = false\n[publish]\nto = "log"')
    refused(mien, 1, "run", "--config", config, told=told)


def test_a_missing_video(mien: Run, tmp_path: Path) -> None:
    run_on(mien, tmp_path / "none.mp4", tmp_path, "none.mp4 is not there")


def test_a_file_that_is_no_video(mien: Run, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    run_on(mien, tmp_path / "text.mp4", tmp_path, "text.mp4 is not a video that can be read")


def test_an_mp4_without_its_end(mien: Run, clip: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.mp4"
    shutil.copy(clip, half)
    os.truncate(half, clip.stat().st_size // 2)
    run_on(mien, half, tmp_path, "half.mp4 is not a video that can be read")


def test_a_video_that_breaks_off(mien: Run, broken_video: Path, tmp_path: Path) -> None:
    run_on(mien, broken_video, tmp_path, "half.avi breaks off after", "of 40 frames")


def test_a_folder_of_corrupt_pictures(mien: Run, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    run_on(mien, tmp_path / "pictures", tmp_path, "a.png: not a picture that can be read")


def test_an_absent_broker_for_watch(mien: Run) -> None:
    port = free_port()
    told = (f"broker 127.0.0.1:{port} does not answer", "is it running?")
    refused(mien, 1, "watch", "--host", "127.0.0.1", "--port", str(port), told=told)


def test_a_broker_that_closes_at_once(mien: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def close_all() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                pass

        threading.Thread(target=close_all, daemon=True).start()
        port = server.getsockname()[1]
        told = (f"broker 127.0.0.1:{port}", "does not answer as an MQTT broker does")
        refused(mien, 1, "watch", "--host", "127.0.0.1", "--port", str(port), told=told)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--host", "a..b", "mqtt.host is 'a..b'"),
        ("--port", "70000", "mqtt.port is 70000; expected at least 1 and at most 65535"),
        ("--device", "a/#", "device.id is 'a/#'"),
        ("--mqtt-password-file", "x", "password_file is set and username is not"),
    ],
)
def test_a_wrong_option_of_watch(option: str, value: str, told: str, mien: Run) -> None:
    refused(mien, 2, "watch", option, value, told=(told,))


def test_a_wrong_source_for_bench(mien: Run) -> None:
    refused(mien, 2, "bench", "--source", "clip.mp4", told=("camera.source is 'clip.mp4'", "file:PATH"))
    refused(mien, 1, "bench", "--source", "file:none.mp4", told=("none.mp4 is not there",))
