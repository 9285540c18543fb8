"""What argparse reads as a number, and refuses where it is out of bounds."""

import argparse


def at_least_one(text: str) -> int:
    return _whole(text, 1)


def at_least_two(text: str) -> int:
    return _whole(text, 2)


def at_least_zero(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    value = int(text)
    if value < least:
        raise argparse.ArgumentTypeError(f"{text}; expected {least} or more")
    return value


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more and below 1")
    return value


def up_to_one(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 to 1")
    return value


def positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected above 0")
    return value


def not_negative(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more")
    return value


def all_or_count(text: str) -> str:
    if text != "all":
        at_least_one(text)
    return text
