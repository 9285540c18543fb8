import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.photographs import texture, write
from training.prepare.contact_sheet import spread
from training.prepare.grouping import _bit_count, _bit_count_by_table, group_near_copies
from training.prepare.hashing import BITS, BYTES, mirrored, perceptual_hash
from training.prepare.journal import Job, Journal, Outcome
from training.prepare.scanning import Found, is_divided, scan
from training.prepare.settings import DEFAULT_SHARES, Shares
from training.prepare.splitting import divide, rank, targets


def bits_between(some: bytes, others: bytes) -> int:
    return (int.from_bytes(some) ^ int.from_bytes(others)).bit_count()


def test_a_hash_survives_size_noise_and_brightness_but_not_another_picture() -> None:
    picture = texture(1, 120)
    own = perceptual_hash(picture)
    noise = np.random.default_rng(0).normal(0, 5, picture.shape)
    for near in (
        cv2.resize(picture, (300, 300)),
        np.clip(picture + noise, 0, 255).astype(np.uint8),
        (picture * 0.7 + 20).astype(np.uint8),
    ):
        assert bits_between(own, perceptual_hash(near)) <= 8
    assert len(own) == BYTES
    assert bits_between(own, perceptual_hash(texture(2, 120))) > 40


def test_the_hash_of_the_mirrored_picture_needs_no_second_transform() -> None:
    picture = texture(3, 96)
    own = np.frombuffer(perceptual_hash(picture), np.uint8)[np.newaxis]
    flipped = np.ascontiguousarray(cv2.flip(picture, 1))
    assert bits_between(mirrored(own).tobytes(), perceptual_hash(flipped)) <= 1


def random_hashes(count: int) -> np.ndarray:
    bits = np.random.default_rng(0).integers(0, 2, (count, BITS), np.uint8)
    return np.packbits(bits, axis=1)


def flip_bits(some: np.ndarray, places: list[int]) -> np.ndarray:
    bits = np.unpackbits(some)
    bits[places] ^= 1
    return np.packbits(bits)


WHOLE = (0.0, 0.0, 1.0, 1.0)


def grouped(
    crops: np.ndarray, photos: np.ndarray | None = None, boxes: list[tuple[float, ...]] | None = None
) -> list[int]:
    count = len(crops)
    photos = random_hashes(2 * count)[count:] if photos is None else photos
    places = np.array(boxes or [WHOLE] * count)
    return group_near_copies(crops, photos, places, np.arange(count)).tolist()


def test_near_hashes_are_grouped_through_their_neighbours_and_mirrored_ones_too() -> None:
    crops = random_hashes(40)
    crops[7] = flip_bits(crops[3], list(range(60, 84)))
    crops[9] = flip_bits(crops[7], list(range(90, 114)))  # 48 bits from the third, 24 from the seventh
    crops[20] = mirrored(crops[15:16])[0]
    crops[30] = flip_bits(crops[25], list(range(60, 85)))  # one bit too many
    groups = grouped(crops)
    expected = list(range(40))
    expected[7] = expected[9] = 3
    expected[20] = 15
    assert groups == expected


def test_a_photograph_whose_box_lies_otherwise_is_known_by_itself() -> None:
    crops, photos = random_hashes(12), random_hashes(24)[12:]
    photos[1] = flip_bits(photos[0], [5, 70])
    photos[3] = flip_bits(photos[2], [5, 70])
    small, large = (0.2, 0.2, 0.3, 0.3), (0.2, 0.2, 0.4, 0.4)
    boxes = [WHOLE] * 12
    boxes[0], boxes[1] = small, large  # the detector answered otherwise
    boxes[2] = boxes[3] = (
        small  # the place is the same and the face is not: another moment before a still camera
    )
    assert grouped(crops, photos, boxes) == [0, 0, *range(2, 12)]


def test_groups_are_what_comparing_all_pairs_gives() -> None:
    random = np.random.default_rng(1)
    flips = np.packbits((random.random((1500, BITS)) < 0.06).astype(np.uint8), axis=1)
    crops = random_hashes(3)[random.integers(0, 3, 1500)] ^ flips  # so alike that pieces fill several tiles
    groups = np.array(grouped(crops))
    bits = np.unpackbits(crops, axis=1)
    for face in range(1500):
        near = (bits != bits[face]).sum(axis=1) <= 24
        assert (groups[near] == groups[face]).all()
    assert len(set(groups)) == 3


def test_thousands_of_near_copies_are_one_group_soon() -> None:
    flips = np.packbits((np.random.default_rng(0).random((6000, BITS)) < 0.05).astype(np.uint8), axis=1)
    crops = random_hashes(1) ^ flips
    assert set(grouped(crops, crops)) == {0}


def test_numpy_one_counts_bits_as_numpy_two_does() -> None:
    words = np.random.default_rng(0).integers(0, 2**63, (5, 4), dtype=np.uint64)
    expected = [[int(word).bit_count() for word in row] for row in words]
    assert _bit_count(words).tolist() == expected
    assert _bit_count_by_table(words).tolist() == expected


@pytest.mark.parametrize(
    ("total", "text", "expected"),
    [
        (100, "80/10/10", [80, 10, 10]),
        (3, "80/10/10", [1, 1, 1]),
        (5, "80/10/10", [3, 1, 1]),
        (16, "80/10/10", [13, 2, 1]),
        (10, "50/50/0", [5, 5, 0]),
        (1, "100/0/0", [1, 0, 0]),
        (7, "33.4/33.3/33.3", [3, 2, 2]),
    ],
)
def test_shares_become_whole_numbers(total: int, text: str, expected: list[int]) -> None:
    assert targets(total, Shares.parse(text)) == expected


def divided(groups: list[int], labels: list[int], shares: Shares = DEFAULT_SHARES) -> list[int]:
    ranks = np.array([rank(b"%d" % face, 0) for face in range(len(groups))], np.uint64)
    return divide(np.array(groups), np.array(labels), ranks, shares).tolist()


def test_a_group_lies_on_one_side_and_large_ones_in_train() -> None:
    groups = [0] * 30 + [1] * 20 + list(range(2, 52))
    sides = divided(groups, [0] * 100)
    assert set(sides[:50]) == {0}
    assert [sides.count(side) for side in range(3)] == [80, 10, 10]


def test_every_side_gets_a_group_of_each_label_where_there_are_enough() -> None:
    groups = [0] * 5 + [1] * 4 + [2] + [3] * 3 + [4] * 3 + [5] * 3
    sides = divided(groups, [0] * 10 + [1] * 9)
    assert set(sides[:10]) == set(sides[10:]) == {0, 1, 2}


def test_a_rank_depends_on_the_seed_and_the_name_alone() -> None:
    assert rank(b"a", 1) == rank(b"a", 1) != rank(b"a", 2)
    assert rank(b"a", 10**30) != rank(b"b", 10**30)


def test_a_split_of_labels_and_a_divided_one_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "labels/happy/1.png", texture(0))
    write(tmp_path / "divided/Train/happy/1.png", texture(0))
    assert not is_divided(tmp_path / "labels")
    assert is_divided(tmp_path / "divided")
    (found,) = scan(tmp_path / "divided", True)
    assert (found.path, found.label, found.side) == (b"Train/happy/1.png", "happy", "train")


def test_a_changed_picture_is_looked_at_again_and_a_missing_one_forgotten(tmp_path: Path) -> None:
    def file(name: bytes, mtime_ns: int) -> Found:
        return Found(name, "happy", "", 10, mtime_ns)

    with Journal(tmp_path / "journal") as journal:
        journal.take_scan([file(b"a", 1), file(b"b", 1), file(b"c", 1)])
        journal.record(Outcome(job, reason="no face found") for job in journal.pending(["happy"]))
        assert journal.count_pending(["happy"]) == 0
        journal.take_scan([file(b"a", 1), file(b"b", 2)])
        assert [job.path for job in journal.pending(["happy"])] == [b"b"]
        outcomes = journal.database.execute("SELECT COUNT(*) FROM outcomes").fetchone()
    assert outcomes == (1,)


def test_what_was_recorded_is_whole_or_not_there(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.take_scan([Found(b"a", "happy", "", 10, 1), Found(b"b", "happy", "", 10, 1)])

        def outcomes() -> object:
            yield Outcome(Job(1, b"a"), reason="no face found")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            journal.record(outcomes())  # type: ignore[arg-type]
        assert journal.count_pending(["happy"]) == 2


def test_names_that_are_no_text_are_kept_as_bytes(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/happy"
    os.mkdir(folder)
    open(folder + b"/\xff.png", "wb").close()
    with Journal(tmp_path / "journal") as journal:
        journal.take_scan(scan(tmp_path, False))
        assert [job.path for job in journal.pending(["happy"])] == [b"happy/\xff.png"]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (3, [1, 2, 3]), (24, list(range(1, 25, 2)))])
def test_samples_are_spread_over_all_numbers(count: int, expected: list[int]) -> None:
    assert list(spread(count)) == expected
