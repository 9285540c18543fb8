"""Commands: read, done or refused, and answered, whatever comes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

from edge.errors import CommandError
from edge.mqtt.commands import MOST_PER_MINUTE, Commands, Reply
from edge.mqtt.inbox import Inbox
from edge.mqtt.schemas import make_schemas
from edge.mqtt.transport import MOST_BYTES, Received


class World:
    """Two verbs that count, and what was answered."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.replies: list[tuple[str, Reply]] = []
        self.now_s = 0.0
        verbs = {"ping": lambda: self._do("ping"), "fail": self._fail}
        self.commands = Commands(verbs, self._answer, lambda: self.now_s)
        self.inbox = Inbox()
        self.inbox.subscribe("mien/lab/cmd/+", self.commands.take)

    def send(self, payload: bytes, verb: str = "ping", is_retained: bool = False) -> Reply | None:
        """The reply that comes of it."""
        before = len(self.replies)
        self.inbox.put(f"mien/lab/cmd/{verb}", payload, is_retained)
        self.inbox.deliver()
        assert len(self.replies) - before <= 1
        return self.replies[-1][1] if len(self.replies) > before else None

    def _do(self, verb: str) -> dict[str, Any]:
        self.done.append(verb)
        return {"n": len(self.done)}

    def _fail(self) -> dict[str, Any]:
        raise CommandError("cannot now")

    def _answer(self, verb: str, **fields: Any) -> None:
        reply = Reply(session="s", seq=len(self.replies), ts="1970-01-01T00:00:00.000Z", **fields)
        self.replies.append((verb, Reply.model_validate_json(reply.model_dump_json())))


@pytest.fixture
def world() -> World:
    return World()


def asked(transaction: object = "1", **more: object) -> bytes:
    return json.dumps({"transaction": transaction, **more}).encode()


def test_a_command_is_done_and_answered_with_its_transaction(world: World) -> None:
    reply = world.send(asked("mine"))
    assert world.done == ["ping"]
    assert reply and (reply.transaction, reply.status, reply.error) == ("mine", "ok", None)
    assert reply.data == {"n": 1}
    assert world.replies[-1][0] == "ping"


REFUSED = [
    (b"", None, "is no JSON object"),
    (b"{", None, "is no JSON object"),
    (b"[]", None, "is no JSON object"),
    (b"\xff\xfe", None, "is no JSON object"),
    (b"[" * 10_000, None, "is no JSON object"),
    (b'{"transaction": "\\ud800"}', None, "is no JSON object"),
    (b"{}", None, "transaction is missing or wrong; expected text of 1 to 64 characters"),
    (asked(1), None, "transaction is missing"),
    (asked(""), None, "transaction is missing"),
    (asked("x" * 65), None, "transaction is missing"),
    (asked("a", transction="b"), "a", "'transction' is an unknown key"),
    (asked("a", pad="x" * 1_000_000), None, f"has 1000031 bytes; expected at most {MOST_BYTES}"),
]


@pytest.mark.parametrize(("payload", "transaction", "error"), REFUSED)
def test_what_is_malformed_or_too_large_is_refused(
    payload: bytes, transaction: str | None, error: str, world: World
) -> None:
    reply = world.send(payload)
    assert reply and reply.status == "error" and reply.transaction == transaction
    assert error in str(reply.error)
    assert not world.done


def test_a_retained_one_is_refused_and_taking_it_back_is_no_command(world: World) -> None:
    reply = world.send(asked("a"), is_retained=True)
    assert reply and "is retained" in str(reply.error)
    assert world.send(b"", is_retained=True) is None
    assert not world.done


def test_a_repeated_one_is_refused_and_a_refused_one_may_be_mended(world: World) -> None:
    assert world.send(asked("a", key=1)) and not world.done
    world.send(asked("a"))
    reply = world.send(asked("a"))
    assert reply and "transaction 'a' was there before" in str(reply.error)
    assert world.done == ["ping"]


def test_an_unknown_one_is_answered_where_no_name_can_do_harm(world: World) -> None:
    reply = world.send(asked("a"), verb="format")
    assert reply and "'format' is an unknown command; expected ping, fail" in str(reply.error)
    assert world.replies[-1][0] == "format"
    world.send(asked("b"), verb="x" * 60_000)
    assert world.replies[-1][0] == "unknown" and len(str(world.replies[-1][1].error)) < 120


def test_one_that_cannot_be_obeyed_says_why(world: World) -> None:
    reply = world.send(asked("a"), verb="fail")
    assert reply and (reply.status, reply.error) == ("error", "cannot now")


def test_a_flood_is_refused_once_and_then_in_silence_until_a_minute_is_over(world: World) -> None:
    for number in range(1000):
        world.send(asked(str(number)))
    assert len(world.done) == MOST_PER_MINUTE
    assert len(world.replies) == MOST_PER_MINUTE + 1
    assert "too many commands; expected at most 60 a minute" in str(world.replies[-1][1].error)
    world.now_s = 61
    assert world.send(asked("later")) and world.done[-1] == "ping"


ANY_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda parts: some.lists(parts, max_size=3) | some.dictionaries(some.text(max_size=12), parts, max_size=3),
    max_leaves=8,
)
NEARLY = some.dictionaries(some.sampled_from(["transaction", "v", ""]), ANY_JSON, max_size=3)
PAYLOADS = some.binary(max_size=200) | (ANY_JSON | NEARLY).map(lambda value: json.dumps(value).encode())
VERBS = some.sampled_from(["ping", "fail"]) | some.text(max_size=40).filter(lambda text: "/" not in text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=PAYLOADS, verb=VERBS, is_retained=some.booleans(), size=some.sampled_from([0, 0, 0, 1_000_000]))
def test_whatever_comes_is_answered_and_only_what_is_right_is_done(
    payload: bytes, verb: str, is_retained: bool, size: int, world: World
) -> None:
    world.now_s += 61
    before = len(world.done)
    payload = payload.ljust(size)
    reply = world.send(payload, verb, is_retained)
    if reply is None:
        assert is_retained and not payload
    else:
        Draft202012Validator(make_schemas()["rsp"]).validate(json.loads(reply.model_dump_json()))
        is_right = len(world.done) > before
        assert is_right == (reply.status == "ok")
        if is_right:
            assert Draft202012Validator(make_schemas()["cmd"]).is_valid(json.loads(payload))
            assert not is_retained and verb == "ping" and not size


def test_what_was_cut_off_is_never_taken_for_the_whole() -> None:
    assert not Received("t", b"{}", MOST_BYTES + 1, False).is_whole
