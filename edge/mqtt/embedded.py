"""A broker in this process, for the demo: no install, loopback only, gone with it."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edge.errors import MienError, MissingExtraError

_START_S = 10.0


@contextmanager
def embedded_broker() -> Iterator[int]:
    """Run an MQTT broker on a free loopback port; gives the port.

    Raises:
        MissingExtraError: amqtt is not installed.
        MienError: it did not start.
    """
    try:
        from amqtt.broker import Broker
    except ImportError:
        raise MissingExtraError("demo", "amqtt") from None
    for name in ("amqtt", "transitions", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    port = _free_port()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="broker", daemon=True)
    thread.start()

    async def start() -> Any:
        broker = Broker(_settings(port))
        await broker.start()
        return broker

    try:
        broker = asyncio.run_coroutine_threadsafe(start(), loop).result(_START_S)
    except Exception as error:  # amqtt raises its own, asyncio's and the system's
        raise MienError(f"the embedded broker did not start: {error}") from error
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(_START_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_S)


def _settings(port: int) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
