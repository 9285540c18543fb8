"""`mien run`: the parts of the daemon are made, it works, and they are let go."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import cv2

from edge.assembly import make_camera, make_clock, make_publisher, make_transport, open_accelerator
from edge.config import Config, state_folder
from edge.daemon import Daemon
from edge.emotion.choice import choose_bundle
from edge.mqtt.recording import Recording, RecordingTransport
from edge.mqtt.topics import OFFLINE, STOPPED
from edge.notify import notify
from edge.privacy import Privacy
from edge.view.observer import Observer
from edge.view.snapshot import Subject
from edge.watchdog import watching

logger = logging.getLogger(__name__)

#: Shows, for the time of a block, what an observer sees and what the daemon says of itself.
Presenting: TypeAlias = Callable[[Observer, Subject], AbstractContextManager[None]]


def run_daemon(
    config: Config,
    stop: threading.Event,
    recording: Recording | None = None,
    presenting: Presenting | None = None,
    load: Callable[[], Config] | None = None,
) -> bool:
    """Publish what the camera sees until `stop` is set or the source ends.

    Args:
        recording: keeps every message, too, and is closed at the end.
        presenting: shows it to whoever is there, too.
        load: reads the configuration anew, for the command reload.

    Returns:
        Whether the command restart asked for another run.

    Raises:
        MienError: the model or the camera cannot be used; the status is then `offline`.
    """
    cv2.setNumThreads(1)  # more threads spend more CPU on pictures as small as ours
    with watching() as watchdog:
        stop.wait(watchdog.restarts.delay_s)
        choice = choose_bundle(config.model.bundle, in_real_time=not config.camera.is_virtual)
        bundle = choice.bundle
        if config.camera.is_virtual:  # when a Coral is ready, and whether it is there, differs from run to run
            config = config.model_copy(update={"model": config.model.model_copy(update={"accelerator": "cpu"})})
        accelerator = open_accelerator(bundle, config, watchdog)
        logger.info("model %s, card %s", choice, bundle.digest[:12])
        clock = make_clock(config)
        transport = make_transport(config)
        if recording:
            transport = RecordingTransport(transport, recording, clock.unix_s)
        publisher = make_publisher(config, transport, clock)
        camera = make_camera(config, watchdog.stages)
        privacy = Privacy(state_folder(config.privacy))
        observer = Observer() if presenting else None
        daemon = Daemon(
            config, bundle, accelerator, transport, publisher, camera, watchdog, privacy, observer, load
        )
        status = OFFLINE
        try:
            with presenting(observer, daemon) if presenting and observer else nullcontext():
                daemon.work(stop)
            status = STOPPED
        finally:
            notify("STOPPING=1")
            publisher.close(status)
            accelerator.close()
            logger.info(status)
        return daemon.is_to_restart
