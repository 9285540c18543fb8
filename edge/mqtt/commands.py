"""Commands by MQTT: each is read, done or refused, and answered; what is wrong changes nothing."""

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import CommandError, MienError
from edge.mqtt.allowance import Allowance
from edge.mqtt.payloads import Message
from edge.mqtt.transport import MOST_BYTES, Received

logger = logging.getLogger(__name__)

#: So many commands a minute are answered: their answers must not push what matters out of the outbox.
MOST_PER_MINUTE = 60

#: A transaction that is among the last so many is a repeat.
_REMEMBERED = 256

#: What a verb may look like that stands in the topic of an answer.
_PLAIN = re.compile(r"[a-z_]{1,32}")

_OBJECT = TypeAdapter(dict[str, Any])

Transaction = Annotated[str, Field(min_length=1, max_length=64)]


class Request(BaseModel):
    """A command: what stands at `cmd/<verb>`. Made by whoever wants something.

    Attributes:
        transaction: any text, another one each time; it comes back in the answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    transaction: Transaction


class Reply(Message):
    """The answer to a command, at `rsp/<verb>`.

    Attributes:
        transaction: that of the command; null where none could be read.
        status: "error" where nothing was done.
        error: what was wrong and what was expected; null where nothing was.
        data: what was asked for.
    """

    transaction: Transaction | None
    status: Literal["ok", "error"]
    error: str | None
    data: Mapping[str, Any]


class Answer(Protocol):
    """Sends a reply."""

    def __call__(self, verb: str, **fields: Any) -> None: ...


class Commands:
    """Takes what comes at `cmd/<verb>`.

    Args:
        verbs: what each does. It gives the reply's data, and raises MienError where it did nothing.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        verbs: Mapping[str, Callable[[], Mapping[str, Any]]],
        answer: Answer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verbs, self._answer, self._clock = verbs, answer, clock
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)
        self._allowance = Allowance(MOST_PER_MINUTE)
        self._is_flooded = False

    def take(self, received: Received) -> None:
        """Do a command, or refuse it, and answer."""
        if received.is_retained and not received.size_bytes:
            return  # what is retained is being taken back
        verb = received.topic.rpartition("/")[2]
        if not self._may_answer(verb):
            return
        transaction = None
        try:
            content = _read(received)
            transaction = _transaction_of(content)
            self._check(verb, content, received)
            data = self._verbs[verb]()
        except MienError as error:
            self._reply(verb, transaction, str(error))
        else:
            self._reply(verb, transaction, None, data)

    def refuse(self, verb: str, error: str) -> None:
        """Answer to something that is no command of these."""
        if self._may_answer(verb):
            self._reply(verb, None, error)

    def _check(self, verb: str, content: dict[str, Any], received: Received) -> None:
        """Raises CommandError."""
        if received.is_retained:
            raise CommandError("the command is retained, and would come again and again; send it unretained")
        if verb not in self._verbs:
            raise CommandError(f"{verb[:32]!r} is an unknown command; expected {', '.join(self._verbs)}")
        try:
            transaction = Request.model_validate(content).transaction
        except ValidationError as error:
            raise CommandError(_explain(error)) from None
        if transaction in self._seen:
            raise CommandError(f"transaction {transaction!r} was there before; expected another each time")
        self._seen.append(transaction)

    def _may_answer(self, verb: str) -> bool:
        """Whether there is room for one more in this minute; the first that has none is told so."""
        if self._allowance.take("event", "command", self._clock()):
            self._is_flooded = False
            return True
        if not self._is_flooded:
            self._is_flooded = True
            self._reply(verb, None, f"too many commands; expected at most {MOST_PER_MINUTE} a minute")
            logger.warning("too many commands come; %d a minute are answered", MOST_PER_MINUTE)
        return False

    def _reply(
        self, verb: str, transaction: str | None, error: str | None, data: Mapping[str, Any] | None = None
    ) -> None:
        name = verb if _PLAIN.fullmatch(verb) else "unknown"
        status = "error" if error else "ok"
        self._answer(name, transaction=transaction, status=status, error=error, data=data or {})


def _read(received: Received) -> dict[str, Any]:
    """The payload as JSON has it. Raises CommandError."""
    if not received.is_whole:
        raise CommandError(f"the payload has {received.size_bytes} bytes; expected at most {MOST_BYTES}")
    try:
        return _OBJECT.validate_json(received.payload, strict=True)
    except ValidationError:
        raise CommandError('the payload is no JSON object; expected {"transaction": "…"}') from None


def _transaction_of(content: Mapping[str, Any]) -> str | None:
    """What the answer may carry, also where the command is refused."""
    transaction = content.get("transaction")
    return transaction if isinstance(transaction, str) and 1 <= len(transaction) <= 64 else None


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return f"{str(first['loc'][0])[:32]!r} is an unknown key; expected transaction alone"
    return "transaction is missing or wrong; expected text of 1 to 64 characters"
