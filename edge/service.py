"""The daemon: builds the steps once, feeds them, and tells the truth about itself."""

import hashlib
import importlib.metadata
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from typing import TypeAlias

import cv2

from edge.cameras import open_camera
from edge.cameras.recovery import SILENT_S, RecoveringCamera
from edge.clock import Clock, FrameClock, WallClock
from edge.condition import Condition
from edge.config import Config, comes_back, public_config, read_password
from edge.config.privacy import PrivacyConfig, state_folder
from edge.emotion.accelerator import Accelerator
from edge.emotion.bundle import Bundle, load_bundle
from edge.emotion.mood import Moods
from edge.faces.budget import Budget
from edge.faces.quality import QualityGate
from edge.faces.schedule import FaceFinder
from edge.faces.scoring import Classifier
from edge.health import Health, find_problems
from edge.machine import Reading, read_machine
from edge.mqtt.homeassistant.announcer import Announcer
from edge.mqtt.payloads import timestamp
from edge.mqtt.publisher import Publisher
from edge.mqtt.recording import Recording, RecordingTransport
from edge.mqtt.schemas import make_schemas
from edge.mqtt.topics import OFFLINE, STOPPED, Topics
from edge.mqtt.transport import LogTransport, Transport
from edge.notify import is_service, notify
from edge.pace import Pace
from edge.pipeline import Pipeline
from edge.records import Frame
from edge.stages import Stages
from edge.view.observer import Observer
from edge.view.snapshot import Facts
from edge.watchdog import Watchdog, watching

logger = logging.getLogger(__name__)

#: Without a processed frame for this long we are not online.
_DEADLINE_S = 5.0

#: How often a silent camera is looked after.
_PATIENCE_S = 0.5


#: Shows, for the time of a block, what an observer sees and what the daemon says of itself.
Presenting: TypeAlias = Callable[[Observer, Callable[[], Facts]], AbstractContextManager[None]]


def run_daemon(
    config: Config,
    stop: threading.Event,
    recording: Recording | None = None,
    presenting: Presenting | None = None,
) -> None:
    """Publish what the camera sees until `stop` is set or the source ends.

    Args:
        recording: keeps every message, too, and is closed at the end.
        presenting: shows it to whoever is there, too.

    Raises:
        MienError: the model or the camera cannot be used; the status is then `offline`.
    """
    cv2.setNumThreads(1)  # more threads spend more CPU on pictures as small as ours
    with watching() as watchdog:
        stop.wait(watchdog.restarts.delay_s)
        bundle = load_bundle(config.model.bundle)
        if config.camera.is_virtual:  # when a Coral is ready, and whether it is there, differs from run to run
            config = config.model_copy(update={"model": config.model.model_copy(update={"accelerator": "cpu"})})
        accelerator = open_accelerator(bundle, config, watchdog)
        logger.info("model %s, card %s", bundle.card.name, bundle.digest[:12])
        clock = _make_clock(config)
        transport = _make_transport(config)
        if recording:
            transport = RecordingTransport(transport, recording, clock.unix_s)
        publisher = make_publisher(config, transport, clock)
        camera = RecoveringCamera(
            partial(open_camera, config.camera),
            watchdog.stages,
            config.camera,
            comes_back=comes_back(config.camera.source),
            waits=is_service(),
        )
        observer = Observer() if presenting else None
        daemon = Daemon(config, bundle, accelerator, transport, publisher, camera, watchdog, observer)
        status = OFFLINE
        try:
            with presenting(observer, daemon.facts) if presenting and observer else nullcontext():
                daemon.work(stop)
            status = STOPPED
        finally:
            notify("STOPPING=1")
            publisher.close(status)
            accelerator.close()
            logger.info(status)


class Daemon:
    """The loop over frames, and what is told of it."""

    def __init__(
        self,
        config: Config,
        bundle: Bundle,
        accelerator: Accelerator,
        transport: Transport,
        publisher: Publisher,
        camera: RecoveringCamera,
        watchdog: Watchdog,
        observer: Observer | None = None,
    ) -> None:
        self._config, self._bundle, self._observer = config, bundle, observer
        self._accelerator, self._transport, self._publisher = accelerator, transport, publisher
        self._camera, self._watchdog = camera, watchdog
        self._condition = Condition(self._tell)
        is_heard = config.publish.to == "mqtt"
        folder = state_folder(PrivacyConfig()) if is_heard else None
        self._announcer = Announcer(config, bundle.card.classes, transport, publisher, folder)
        self._health = Health(camera, publisher)
        # A file that is not played at its own speed has as much CPU as it takes, and is the same at every run.
        budget = Budget(config.detect.cpu_percent if config.camera.is_paced else None)
        self._pace = Pace(config.camera.idle_fps, budget)
        self._pipeline = make_pipeline(config, accelerator, publisher, watchdog.stages, budget)

    def work(self, stop: threading.Event) -> None:
        """Feed the pipeline and keep the status true until `stop` is set or the camera ends."""
        is_begun = False
        self._look_at_machine()
        processed_s = time.monotonic()
        for frame in self._camera.frames(_PATIENCE_S, stop):
            if not is_begun:  # not before the camera was tried: one that cannot be opened ends the command
                self._publisher.start()
                notify("READY=1")
                is_begun = True
            if stop.is_set():
                return
            if frame is None:
                self._wait(time.monotonic() - processed_s)
            elif self._is_due(frame):
                self._process(frame)
                processed_s = time.monotonic()
            self._tend(time.monotonic())

    def facts(self) -> Facts:
        """What it says of itself to those who look on; from any thread."""
        config, camera, report = self._config, self._camera.camera, self._accelerator.report
        to_log = config.publish.to == "log"
        return Facts(
            device=config.device.id,
            status=self._condition.status,
            problems=self._condition.problems,
            camera=", ".join(filter(None, (camera.name, camera.granted))) if camera else None,
            accelerator=report.in_use,
            coral=report.problem,
            broker="the log" if to_log else f"{config.mqtt.host}:{config.mqtt.port}",
            is_connected=self._publisher.is_up,
            waiting=self._publisher.waiting,
        )

    def _is_due(self, frame: Frame) -> bool:
        has_work = self._pipeline.is_due(frame.time_s)
        return self._pace.is_due(frame.time_s, is_idle=self._pipeline.is_idle, has_work=has_work)

    def _tend(self, now_s: float) -> None:
        """Between two frames: hear others, look after the Coral and the machine, and tell what is due."""
        self._transport.deliver()
        if self._announcer.tend(now_s):
            self._health.repeat()
        is_news = self._accelerator.tend(now_s)
        self._condition.set("accelerator", self._accelerator.report.problem)
        self._condition.set("broker", self._publisher.problem)
        reading = self._look_at_machine() if self._health.is_due(now_s) else None
        self._condition.tell(is_news)
        if reading:
            fields = self._health.report(self._condition.status, self._condition.problems, reading)
            self._publisher.send_health(**fields)

    def _look_at_machine(self) -> Reading | None:
        """See how it is. In virtual time nothing is told of it: it is another one at every run."""
        if self._config.camera.is_virtual:
            return None
        reading = read_machine()
        for part, problem in find_problems(reading, time.time()).items():
            self._condition.set(part, problem)
        return reading

    def _process(self, frame: Frame) -> None:
        processed = self._pipeline.process(frame)
        self._health.count(processed)
        if self._observer:
            self._observer.see(frame, processed)
        self._watchdog.completed()
        self._condition.prove()
        self._condition.set("camera", self._camera.trouble)

    def _wait(self, quiet_s: float) -> None:
        """No frame came: tell what is due, and see whether the camera is well."""
        self._publisher.flush()
        if self._camera.trouble or quiet_s > _DEADLINE_S:
            trouble = self._camera.trouble or "the camera gives no frames"
            self._condition.set("camera", trouble)
        if self._camera.is_silent:
            self._watchdog.give_up(f"the camera hangs: no frame for {SILENT_S:g} s")
        self._watchdog.check_sight(self._camera.trouble)

    def _tell(self, status: str, problems: Mapping[str, str]) -> None:
        """Tell a status, and why it is so."""
        self._health.hurry(problems)
        self._publisher.set_status(status)
        restarts, camera = self._watchdog.restarts, self._camera.camera
        ended_s = restarts.last_ended_unix_s
        self._publisher.set_info(
            version=importlib.metadata.version("mien"),
            model={"name": self._bundle.card.name, "card_sha256": self._bundle.digest},
            accelerator=asdict(self._accelerator.report),
            camera={
                "name": camera.name if camera else None,
                "granted": getattr(camera, "granted", None),
            },
            restarts={
                "count": restarts.count,
                "last_reason": restarts.last_reason,
                "last_ts": timestamp(ended_s) if ended_s else None,
            },
            problems=problems,
            site=self._config.device.site,
            basis=self._config.device.basis,
            config=public_config(self._config),
            config_schema=Config.model_json_schema(),
            schemas=make_schemas(),
        )


def open_accelerator(bundle: Bundle, config: Config, watchdog: Watchdog) -> Accelerator:
    """The classifier; one whose Coral failed a moment ago in another process leaves it alone for a while."""
    restarts, failed_before = watchdog.restarts, None
    if restarts.coral_failed_s is not None and (
        time.monotonic() - restarts.coral_failed_s < config.model.retry_s
    ):
        failed_before = restarts.coral_failure
    return Accelerator(bundle, config.model, watchdog.stages, failed_before)


def make_pipeline(
    config: Config,
    classifier: Classifier,
    publisher: Publisher,
    stages: Stages | None = None,
    budget: Budget | None = None,
) -> Pipeline:
    """The steps of the daemon, and of the benchmark, which measures the very same."""
    finder, gate = FaceFinder(config.detect, budget), QualityGate(config.quality)
    return Pipeline(finder, classifier, Moods(config.mood), publisher, stages, gate, budget)


def make_publisher(config: Config, transport: Transport, clock: Clock | None = None) -> Publisher:
    """What tells readings; in virtual time its messages hold nothing that differs from run to run."""
    session = None
    if config.camera.is_virtual:
        session = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:8]
    topics = Topics(config.device.id)
    return Publisher(transport, topics, config.publish, clock or _make_clock(config), session)


def _make_clock(config: Config) -> Clock:
    return FrameClock() if config.camera.is_virtual else WallClock()


def _make_transport(config: Config) -> Transport:
    if config.publish.to == "log":
        return LogTransport(sys.stdout)
    from edge.mqtt.client import MqttTransport
    from edge.mqtt.outbox import Outbox

    publish = config.publish
    outbox = Outbox(publish.outbox, publish.outbox_max_messages, publish.outbox_max_age_s)
    return MqttTransport(config.mqtt, Topics(config.device.id), read_password(config.mqtt), outbox)
