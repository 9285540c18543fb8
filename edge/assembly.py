"""The parts of the daemon, made as the configuration says; the benchmark takes the very same."""

import hashlib
import sys
import time
from collections.abc import Iterator
from functools import partial

from edge.cameras import open_camera
from edge.cameras.recovery import RecoveringCamera
from edge.clock import Clock, FrameClock, WallClock
from edge.config import Config, comes_back, least_faces, read_password
from edge.emotion.accelerator import Accelerator
from edge.emotion.bundle import Bundle
from edge.emotion.mood import Moods
from edge.faces.budget import Budget
from edge.faces.quality import QualityGate
from edge.faces.schedule import FaceFinder
from edge.faces.scoring import Classifier
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import LogTransport, Transport
from edge.notify import is_service
from edge.pipeline import Pipeline
from edge.stages import Stages
from edge.watchdog import Watchdog


def open_accelerator(bundle: Bundle, config: Config, watchdog: Watchdog) -> Accelerator:
    """The classifier; one whose Coral failed a moment ago in another process leaves it alone for a while."""
    restarts, failed_before = watchdog.restarts, None
    if restarts.coral_failed_s is not None and (
        time.monotonic() - restarts.coral_failed_s < config.model.retry_s
    ):
        failed_before = restarts.coral_failure
    return Accelerator(bundle, config.model, watchdog.stages, failed_before)


def make_camera(config: Config, stages: Stages) -> RecoveringCamera:
    """The camera, which is opened when its frames are asked for."""
    return RecoveringCamera(
        partial(open_camera, config.camera),
        stages,
        config.camera,
        comes_back=comes_back(config.camera.source),
        waits=is_service(),
    )


def make_pipeline(
    config: Config,
    classifier: Classifier,
    publisher: Publisher,
    stages: Stages | None = None,
    budget: Budget | None = None,
    track_numbers: Iterator[int] | None = None,
) -> Pipeline:
    """The steps of the daemon, and of the benchmark, which measures the very same."""
    finder, gate = FaceFinder(config.detect, budget, track_numbers), QualityGate(config.quality)
    moods = Moods(config.mood, least_faces(config.privacy))
    return Pipeline(finder, classifier, moods, publisher, stages, gate, budget)


def make_publisher(config: Config, transport: Transport, clock: Clock | None = None) -> Publisher:
    """What tells readings; in virtual time its messages hold nothing that differs from run to run."""
    session = None
    if config.camera.is_virtual:
        session = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:8]
    topics = Topics(config.device.id)
    tells_faces = not config.privacy.aggregate_only
    return Publisher(transport, topics, config.publish, clock or make_clock(config), session, tells_faces)


def make_clock(config: Config) -> Clock:
    return FrameClock() if config.camera.is_virtual else WallClock()


def make_transport(config: Config) -> Transport:
    if config.publish.to == "log":
        return LogTransport(sys.stdout)
    from edge.mqtt.client import MqttTransport
    from edge.mqtt.outbox import Outbox

    publish = config.publish
    outbox = Outbox(publish.outbox, publish.outbox_max_messages, publish.outbox_max_age_s)
    return MqttTransport(config.mqtt, Topics(config.device.id), read_password(config.mqtt), outbox)
