import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.faces.schedule import find_once
from edge.pictures import read_gray
from edge.preprocessing import crop_face, resize_face
from tests.training.photographs import guises, texture, write, write_textures
from training.cli import main

SPLITS = ("train", "valid", "test")


def prepare(raw: Path, out: Path, *options: str) -> list[dict[str, str]]:
    """Run the command; the manifest's rows."""
    assert main(["prepare", str(raw), "--out", str(out), "--workers", "1", *options]) == 0
    return manifest(out)


def manifest(out: Path) -> list[dict[str, str]]:
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a run that fails says: one line."""
    capsys.readouterr()
    assert main(["prepare", *map(str, words)]) in (1, 2)
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("mien-train: ")
    return error


def classes_of(out: Path) -> dict[str, Any]:
    return json.loads((out / "classes.json").read_text(encoding="utf-8"))


def pictures(out: Path) -> set[str]:
    return {str(path.relative_to(out)) for split in SPLITS for path in (out / split).rglob("*.png")}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty faces under two labels, nested, and every kind of file that is none."""
    raw = tmp_path_factory.mktemp("photographs")
    for index, picture in enumerate(guises(30)):
        label = ("happy", "Angry")[index % 2]
        write(raw / label / f"person {index // 10}" / f'{index}, "x".png', picture)
    write(raw / "happy/room.png", np.full((120, 160), 110, np.uint8))
    (raw / "happy/empty.jpg").write_bytes(b"")
    (raw / "Angry/half.png").write_bytes((raw / 'Angry/person 0/1, "x".png').read_bytes()[:900])
    (raw / "Angry/Thumbs.db").write_bytes(b"x")
    (raw / "Angry/.hidden.png").write_bytes(b"x")
    write(raw / "stray.png", guises(1)[0])
    with open(os.fsencode(raw) + b"/happy/\xff\n.jpg", "wb") as file:
        file.write(b"no picture")
    return raw


@pytest.fixture(scope="module")
def prepared(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "data"
    prepare(photographs, out)
    return out


def test_the_manifest_says_of_every_input_once_what_became_of_it(prepared: Path) -> None:
    rows = manifest(prepared)
    assert len({row["source"] for row in rows}) == len(rows) == 36
    reasons = {row["source"]: (row["status"], row["reason"]) for row in rows if row["status"] != "kept"}
    assert reasons == {
        "happy/room.png": ("skipped", "no face found"),
        "happy/empty.jpg": ("skipped", "unreadable: the file is empty; expected a picture"),
        "happy/\\udcff\n.jpg": (
            "skipped", "unreadable: not a picture that can be read; expected JPEG, PNG, WebP, BMP or TIFF",
        ),
        "Angry/half.png": ("skipped", "unreadable: the picture breaks off before its end; the file is damaged"),
        "Angry/Thumbs.db": ("skipped", "not a picture by its name: .db"),
        "stray.png": ("skipped", "in no label's folder"),
    }  # fmt: skip
    assert {row["file"] for row in rows if row["status"] == "kept"} == pictures(prepared)
    assert all(not row["split"] and not row["file"] for row in rows if row["status"] != "kept")


def test_a_face_is_what_the_device_would_cut(prepared: Path, photographs: Path) -> None:
    for row in (row for row in manifest(prepared) if row["status"] == "kept"):
        gray = read_gray(photographs / row["source"])
        box = find_once(gray)[0]
        assert box.as_list() == [int(row[name]) for name in ("x", "y", "width", "height")]
        written = cv2.imread(str(prepared / row["file"]), cv2.IMREAD_UNCHANGED)
        assert written is not None
        assert np.array_equal(written, resize_face(crop_face(gray, box), 48))


def test_pictures_are_numbered_from_one_in_each_folder(prepared: Path) -> None:
    for folder in (prepared / split / label for split in SPLITS for label in ("angry", "happy")):
        names = sorted(path.name for path in folder.iterdir())
        assert names == [f"{number:06d}.png" for number in range(1, len(names) + 1)]


def test_nothing_but_the_result_is_left(prepared: Path) -> None:
    assert {path.name for path in prepared.iterdir()} == {
        "train", "valid", "test", "classes.json", "manifest.csv", "contact_sheet.png",
    }  # fmt: skip
    assert [path.name for path in prepared.parent.iterdir()] == ["data"]


def test_classes_json_says_what_the_data_is(prepared: Path, photographs: Path) -> None:
    card = classes_of(prepared)
    assert (card["v"], card["classes"], card["side_px"], card["colour"]) == (1, ["angry", "happy"], 48, "gray")
    assert (card["seed"], card["split"]) == (0, "80/10/10")
    assert card["command"].startswith("mien-train prepare ")


def test_the_contact_sheet_shows_the_faces_of_each_label_and_split(prepared: Path) -> None:
    sheet = read_gray(prepared / "contact_sheet.png")
    assert sheet.shape[0] > 6 * 72  # a row for each of three splits of two labels
    first = resize_face(read_gray(prepared / "train/angry/000001.png"), 72)
    assert cv2.matchTemplate(sheet, first, cv2.TM_SQDIFF).min() == 0


def test_every_label_is_divided_by_the_shares(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 100, "happy": 40, "bored": 3})
    rows = prepare(raw, tmp_path / "data", "--faces", "skip", "--split", "80/10/10")
    counts = Counter((row["label"], row["split"]) for row in rows)
    assert [counts["sad", split] for split in SPLITS] == [80, 10, 10]
    assert [counts["happy", split] for split in SPLITS] == [32, 4, 4]
    assert [counts["bored", split] for split in SPLITS] == [1, 1, 1]
    assert classes_of(tmp_path / "data")["classes"] == ["happy", "sad", "bored"]


def test_a_seed_gives_the_same_data_and_another_seed_another_split(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 30, "happy": 30})
    results = [
        {
            row["source"]: row["split"]
            for row in prepare(raw, tmp_path / name, "--faces", "skip", "--seed", seed)
        }
        for name, seed in (("one", "1"), ("again", "1"), ("two", "2"))
    ]
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_a_picture_more_leaves_nearly_all_others_where_they_were(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 60, "happy": 60})
    before = {row["source"]: row["split"] for row in prepare(raw, tmp_path / "one", "--faces", "skip")}
    write(raw / "sad/0new.png", texture(9999))
    after = {row["source"]: row["split"] for row in prepare(raw, tmp_path / "two", "--faces", "skip")}
    assert sum(after[source] != split for source, split in before.items()) <= 4


def test_classes_are_in_the_order_that_was_given_and_others_are_left_out(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 5, "bored": 5, "Happy": 5})
    rows = prepare(raw, tmp_path / "data", "--faces", "skip", "--classes", "sad,bored")
    assert classes_of(tmp_path / "data")["classes"] == ["sad", "bored"]
    left_out = [row for row in rows if row["label"] == "happy"]
    assert len(left_out) == 5
    assert {(row["status"], row["reason"]) for row in left_out} == {("skipped", "label left out: happy")}


def near_copies(picture: np.ndarray, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    noisy = np.clip(picture + random.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
    compressed = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 0)
    larger = cv2.resize(picture, None, fx=1.5, fy=1.5)
    brighter = np.clip(picture * 1.1 + 10, 0, 255).astype(np.uint8)
    assert compressed is not None
    return [noisy, compressed, larger, brighter, cv2.flip(picture, 1)]


@pytest.mark.parametrize("rule", ["largest", "skip"])
def test_near_copies_are_never_on_two_sides(tmp_path: Path, rule: str) -> None:
    for person, picture in enumerate(guises(24)):
        label = ("happy", "sad")[person % 2]
        for copy, near in enumerate([picture, *near_copies(picture, person)]):
            write(tmp_path / "raw" / label / f"{copy}_{person}.png", near)
    rows = prepare(tmp_path / "raw", tmp_path / "data", "--faces", rule, "--split", "60/20/20")
    kept = [row for row in rows if row["status"] == "kept"]
    persons: dict[str, set[str]] = {}
    for row in kept:
        persons.setdefault(Path(row["source"]).stem.split("_")[1], set()).add(row["split"])
    assert [person for person, splits in persons.items() if len(splits) > 1] == []
    assert {row["split"] for row in kept} == set(SPLITS)
    assert len({row["group"] for row in kept}) > 15  # nor are all of them one group


def test_equal_pictures_are_kept_once_and_not_at_all_under_two_labels(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 10, "happy": 10})
    write(raw / "sad/copy.png", texture(0))
    write(raw / "happy/liar.png", texture(5))
    rows = {row["source"]: row for row in prepare(raw, tmp_path / "data", "--faces", "skip")}
    assert (rows["sad/copy.png"]["status"], rows["sad/copy.png"]["reason"]) == (
        "duplicate",
        "equal to sad/00000.png",
    )
    assert rows["sad/00000.png"]["status"] == "kept"
    for name in ("happy/liar.png", "sad/00005.png"):
        assert rows[name]["status"] == "duplicate"
        assert rows[name]["reason"] == "equal pictures under different labels: happy, sad"


def test_near_copies_with_different_labels_are_kept_on_one_side_and_named(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 10, "happy": 10})
    near = near_copies(texture(3), 0)[0]
    write(raw / "happy/near.png", near)
    rows = {row["source"]: row for row in prepare(raw, tmp_path / "data", "--faces", "skip")}
    pair = rows["sad/00003.png"], rows["happy/near.png"]
    assert pair[0]["split"] == pair[1]["split"]
    assert {row["reason"] for row in pair} == {"near-copies have different labels: happy, sad"}


def test_all_faces_of_a_picture_are_taken_and_lie_on_one_side(tmp_path: Path) -> None:
    faces = guises(32)
    for index in range(16):
        both = np.hstack([faces[index], cv2.resize(faces[index + 16], (240, 240))[:200]])
        write(tmp_path / "raw" / ("happy", "sad")[index % 2] / f"{index}.png", both)
    largest = prepare(tmp_path / "raw", tmp_path / "largest")
    every = prepare(tmp_path / "raw", tmp_path / "all", "--faces", "all", "--split", "50/25/25")
    assert len({row["source"] for row in largest}) == len(largest) == 16
    numbers = Counter(row["source"] for row in every)
    assert max(numbers.values()) >= 2 and len(numbers) == 16
    for source in numbers:
        assert len({row["split"] for row in every if row["source"] == source and row["status"] == "kept"}) <= 1
        boxes = [int(row["width"]) for row in every if row["source"] == source and row["width"]]
        chosen = next(row for row in largest if row["source"] == source)
        assert not boxes or int(chosen["width"]) == max(boxes)


def test_crops_are_only_resized_where_faces_are_skipped(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 4, "happy": 4})
    row = prepare(raw, tmp_path / "data", "--faces", "skip", "--size", "250")[0]
    assert [row[name] for name in ("x", "y", "width", "height")] == ["0", "0", "60", "60"]
    written = read_gray(tmp_path / "data" / row["file"])
    assert np.array_equal(written, resize_face(read_gray(raw / row["source"]), 250))
    assert classes_of(tmp_path / "data")["side_px"] == 250


def test_sides_that_raw_has_are_kept_and_the_copy_goes_that_would_leak(tmp_path: Path) -> None:
    seed = 0
    for split, count in (("train", 8), ("val", 3), ("test", 3)):
        for label in ("sad", "happy"):
            for index in range(count):
                write(tmp_path / "raw" / split / label / f"{index}.png", texture(seed := seed + 1))
    copied = read_gray(tmp_path / "raw/test/sad/1.png")
    write(tmp_path / "raw/train/sad/leak.png", near_copies(copied, 0)[1])
    write(tmp_path / "raw/val/sad/equal.png", copied)
    rows = {row["source"]: row for row in prepare(tmp_path / "raw", tmp_path / "data", "--faces", "skip")}
    assert rows["train/happy/3.png"]["split"] == "train"
    assert rows["val/happy/1.png"]["split"] == "valid"
    assert rows["test/sad/1.png"]["split"] == "test"
    leak = rows["train/sad/leak.png"]
    assert (leak["status"], leak["reason"]) == ("duplicate", "near-copy of a picture in test: test/sad/1.png")
    assert rows["val/sad/equal.png"]["reason"] == "equal to test/sad/1.png"
    anew = prepare(tmp_path / "raw", tmp_path / "anew", "--faces", "skip", "--split", "50/25/25")
    assert {row["split"] for row in anew if row["source"].startswith("test/")} != {"test"}


def test_file_names_of_fer2013_tell_the_official_split(tmp_path: Path) -> None:
    for seed, name in enumerate(("train/{}/Training_{}", "test/{}/PublicTest_{}", "test/{}/PrivateTest_{}")):
        for index, label in enumerate(("sad", "happy")):
            write(tmp_path / "raw" / f"{name.format(label, index)}.png", texture(10 * seed + index))
    rows = prepare(tmp_path / "raw", tmp_path / "data", "--faces", "skip")
    assert {row["source"].split("/")[2].split("_")[0]: row["split"] for row in rows} == {
        "Training": "train", "PublicTest": "valid", "PrivateTest": "test",
    }  # fmt: skip


def test_json_is_one_document_that_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 10, "happy": 10})
    (raw / "sad/broken.jpg").write_bytes(b"x")
    write(raw / "sad/copy.png", texture(0))
    prepare(raw, tmp_path / "data", "--faces", "skip", "--json")
    summary = json.loads(capsys.readouterr().out)
    assert (summary["inputs"], summary["kept"], summary["duplicates"]) == (22, 20, 1)
    assert summary["skipped"] == {"unreadable": 1}
    assert summary["faces"]["happy"] == {"train": 8, "valid": 1, "test": 1}
    assert summary["looked_at"] == 22 and summary["pictures_per_s"] > 0
    assert summary["memory_mb"]["main"] > 10 and summary["memory_mb"]["workers"] > 10


def test_people_get_a_table_and_the_names_of_corrupt_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 10, "happy": 10})
    (raw / "sad/broken.jpg").write_bytes(b"x")
    prepare(raw, tmp_path / "data", "--faces", "skip")
    shown = capsys.readouterr().out
    assert "happy      8      1     1" in shown and "skipped, unreadable: 1" in shown
    assert "skipped: sad/broken.jpg: unreadable: not a picture" in caplog.text


def test_a_data_set_is_replaced_only_by_force_and_nothing_else_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 5, "happy": 5})
    out = tmp_path / "data"
    prepare(raw, out, "--faces", "skip")
    assert "is there already; try another name, or --force" in refusal(capsys, raw, "--out", out)
    prepare(raw, out, "--faces", "skip", "--force", "--size", "32")
    assert read_gray(out / "train/sad/000001.png").shape == (32, 32)
    mine = tmp_path / "holiday"
    (mine / "deep").mkdir(parents=True)
    assert "no result of `mien-train prepare`" in refusal(capsys, raw, "--out", mine, "--force")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "holiday", "raw"]


def test_bad_input_gets_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "data"
    assert "nowhere is not there" in refusal(capsys, tmp_path / "nowhere", "--out", out)
    flat = write(tmp_path / "flat/1.png", texture(0)).parent
    assert "holds no folders; expected one for each label" in refusal(capsys, flat, "--out", out)
    (tmp_path / "hollow/sad").mkdir(parents=True)
    assert "holds no pictures in label folders" in refusal(capsys, tmp_path / "hollow", "--out", out)
    single = write_textures(tmp_path / "single", {"sad": 3})
    assert "only the label sad" in refusal(capsys, single, "--out", out)
    few = write_textures(tmp_path / "few", {"sad": 9, "happy": 2})
    assert "label happy has 2 pictures; expected at least 3" in refusal(capsys, few, "--out", out)
    assert "--classes names bored" in refusal(capsys, few, "--out", out, "--classes", "sad,bored")
    assert "lie in each other" in refusal(capsys, few, "--out", few / "data")
    assert "lie in each other" in refusal(capsys, few, "--out", tmp_path, "--force")
    mixture = write_textures(tmp_path / "mixture", {"train": 3, "happy": 3})
    assert "holds train beside happy" in refusal(capsys, mixture, "--out", out)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".") or path == out]


def test_a_damaged_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 4, "happy": 4})
    (tmp_path / ".data.prepare").mkdir()
    (tmp_path / ".data.prepare/journal.sqlite").write_bytes(b"no database" * 500)
    error = refusal(capsys, raw, "--out", tmp_path / "data")
    assert "journal.sqlite: file is not a database" in error and "to begin anew" in error


def test_where_no_face_is_found_the_crops_option_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 4, "happy": 4})
    error = refusal(capsys, raw, "--out", tmp_path / "data")
    assert "no face was found in any picture" in error and "--faces skip" in error
    assert not (tmp_path / "data").exists()
    prepare(raw, tmp_path / "data", "--faces", "skip")


@pytest.mark.parametrize("split", ["80/20", "80/10/20", "a/b/c", "0/50/50", "120/-10/-10", "nan/0/0", ""])
def test_a_bad_split_is_wrong_usage(split: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["prepare", str(tmp_path), "--out", "x", f"--split={split}"])
    assert "expected three shares that add up to 100, such as 80/10/10" in capsys.readouterr().err


def test_a_label_whose_pictures_are_all_alike_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 10})
    for index, picture in enumerate(near_copies(guises(1)[0], 0)):
        write(raw / "happy" / f"{index}.png", picture)
    prepare(raw, tmp_path / "data", "--faces", "skip")
    assert "label happy has no face in valid: it has too few different pictures" in caplog.text


def test_linked_folders_are_followed_once_round(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"sad": 5})
    elsewhere = write_textures(tmp_path / "elsewhere", {"x": 5, "y": 5})
    for name in ("a", "b"):
        (elsewhere / f"x/{name}").symlink_to(elsewhere)  # a circle
    (raw / "happy").symlink_to(elsewhere / "y")
    (raw / "sad/round").symlink_to(raw / "sad")
    rows = prepare(raw, tmp_path / "data", "--faces", "skip")
    assert Counter(row["label"] for row in rows) == {"sad": 5, "happy": 5}


def test_labels_of_any_letters_are_written_and_drawn(tmp_path: Path) -> None:
    raw = write_textures(tmp_path / "raw", {"радость": 5, "sad": 5})
    prepare(raw, tmp_path / "data", "--faces", "skip")
    assert classes_of(tmp_path / "data")["classes"] == ["sad", "радость"]
    sheet = read_gray(tmp_path / "data/contact_sheet.png")
    heading = sheet[sheet.shape[0] // 2 :][2:32, :200]
    assert (heading < 120).sum() > 100  # ink
