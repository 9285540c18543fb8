"""Pictures may be anything. Each case writes a real file."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.errors import PictureError
from edge.pictures import picture_files, read_bgr, read_gray
from edge.records import Gray


def encoded(suffix: str, picture: np.ndarray) -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises a large grey picture."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    )


def jpeg_with_thumbnail(picture: Gray, orientation: int = 1) -> bytes:
    """As a phone writes it: in the EXIF block a whole small JPEG with its own end marker."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    head = exif.tobytes()
    block = head + encoded(".jpg", picture[::8, ::8])
    jpeg = encoded(".jpg", picture)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def saved_by_pillow(mode: str, suffix: str, picture: Gray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(file, suffix)
    return file.getvalue()


#: What holds the same picture in another way.
READABLE: dict[str, Callable[[Gray], bytes]] = {
    "a.jpg": lambda gray: encoded(".jpg", gray),
    "a.png": lambda gray: encoded(".png", gray),
    "a.bmp": lambda gray: encoded(".bmp", gray),
    "a.webp": lambda gray: encoded(".webp", gray),
    "a.tiff": lambda gray: encoded(".tiff", gray),
    "16-bit.png": lambda gray: encoded(".png", gray.astype(np.uint16) * 257),
    "16-bit.tiff": lambda gray: encoded(".tiff", gray.astype(np.uint16) * 257),
    "colour.png": lambda gray: encoded(".png", np.dstack([gray] * 3)),
    "alpha.png": lambda gray: encoded(".png", np.dstack([gray] * 3 + [np.full_like(gray, 200)])),
    "CMYK.jpg": lambda gray: saved_by_pillow("CMYK", "jpeg", np.dstack([gray] * 3)),
    "CMYK.tiff": lambda gray: saved_by_pillow("CMYK", "tiff", np.dstack([gray] * 3)),
    "palette.png": lambda gray: saved_by_pillow("P", "png", gray),
    "thumbnail.jpg": jpeg_with_thumbnail,
    # A phone's "motion photo" carries a video behind the picture, in which any bytes can stand.
    "motion.jpg": lambda gray: encoded(".jpg", gray) + b"ftypmp42 \xff\xd9 video \xff\xda\xff",
    "progressive.jpg": lambda gray: cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes(),
    "restarts.jpg": lambda gray: cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes(),
}


@pytest.mark.parametrize("name", READABLE)
def test_a_picture_of_any_kind_is_read_as_the_same_grey(name: str, astronaut: Gray, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(READABLE[name](astronaut))
    gray = read_gray(path)
    assert gray.shape == (512, 512) and gray.dtype == np.uint8
    assert np.abs(gray.astype(int) - astronaut).mean() < 3


def test_colour_is_read_blue_first(tmp_path: Path) -> None:
    red = Image.new("RGB", (8, 8), (250, 10, 20))
    red.save(tmp_path / "red.png")
    assert read_bgr(tmp_path / "red.png")[4, 4].tolist() == [20, 10, 250]


def test_a_picture_is_turned_upright_as_its_exif_says(astronaut: Gray, tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    on_its_side = np.ascontiguousarray(np.rot90(astronaut[:400]))
    path.write_bytes(jpeg_with_thumbnail(on_its_side, orientation=6))
    gray = read_gray(path)
    assert gray.shape == (400, 512)
    assert np.abs(gray.astype(int) - astronaut[:400]).mean() < 3
    assert read_bgr(path).shape == (400, 512, 3)


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.array([[77]], np.uint8))
    assert read_gray(tmp_path / "one.png").tolist() == [[77]]


def test_a_hundred_megapixels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(encoded(".jpg", np.full((10_000, 10_000), 90, np.uint8)))
    assert read_gray(path).shape == (10_000, 10_000)


DAMAGED: dict[str, tuple[Callable[[Gray], bytes], str]] = {
    "empty.png": (lambda gray: b"", "the file is empty"),
    "noise.png": (lambda gray: np.random.default_rng(0).bytes(5000), "not a picture that can be read"),
    "text.jpg": (lambda gray: b"<html>404</html>", "not a picture that can be read"),
    "half.jpg": (lambda gray: encoded(".jpg", gray)[:9000], "breaks off before its end"),
    "half.png": (lambda gray: encoded(".png", gray)[:9000], "breaks off before its end"),
    "half.webp": (lambda gray: encoded(".webp", gray)[:9000], "not a picture that can be read"),
    "half.bmp": (lambda gray: encoded(".bmp", gray)[:9000], "not a picture that can be read"),
    "half.tiff": (lambda gray: encoded(".tiff", gray)[:9000], "not a picture that can be read"),
    "half with a thumbnail.jpg": (lambda gray: jpeg_with_thumbnail(gray)[:-9000], "breaks off before its end"),
    "half of a thumbnail.jpg": (lambda gray: jpeg_with_thumbnail(gray)[:900], "breaks off before its end"),
    "two bytes of a.jpg": (lambda gray: b"\xff\xd8", "breaks off before its end"),
    "changed.png": (lambda gray: encoded(".png", gray).replace(b"IDAT", b"IDAX", 1), "can be read"),
    "bomb.png": (lambda gray: png_that_claims(50_000, 50_000), "more than 200 megapixels"),
    "short.png": (lambda gray: png_that_claims(1000, 1000), "can be read"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_picture_is_refused_by_name_and_reason(
    name: str, astronaut: Gray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, reason = DAMAGED[name]
    path = tmp_path / name
    path.write_bytes(make(astronaut))
    with pytest.raises(PictureError) as caught:
        read_gray(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == "", "the decoders' own words must not come on top"


def test_a_picture_that_is_not_there_or_is_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"none\.png: no such file or directory"):
        read_gray(tmp_path / "none.png")
    with pytest.raises(PictureError, match="is a directory"):
        read_bgr(tmp_path)


def test_the_pictures_of_a_folder_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "c.txt", "sub/d.webp", "folder.png/e.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in picture_files(tmp_path)]
    assert found == ["a.jpg", "b.PNG", "folder.png/e.bmp", "sub/d.webp"]
