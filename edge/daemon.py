"""The loop over frames: it feeds the steps, obeys, and tells the truth about itself."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from edge.about import describe, tell_facts
from edge.assembly import make_pipeline
from edge.cameras import open_camera
from edge.cameras.recovery import SILENT_S, RecoveringCamera
from edge.condition import Condition
from edge.config import Config, comes_back, state_folder
from edge.control import Control
from edge.emotion.accelerator import Accelerator
from edge.emotion.bundle import Bundle
from edge.errors import CommandError
from edge.faces.budget import Budget
from edge.health import Health, find_problems
from edge.machine import Reading, read_machine
from edge.mqtt.homeassistant.announcer import Announcer
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import Transport
from edge.notify import notify
from edge.pace import Pace
from edge.privacy import Privacy
from edge.records import Frame
from edge.reload import merge
from edge.view.observer import Observer
from edge.view.snapshot import Facts
from edge.watchdog import Watchdog

logger = logging.getLogger(__name__)

#: Without a processed frame for this long we are not online.
_DEADLINE_S = 5.0

#: How often a silent camera is looked after.
_PATIENCE_S = 0.2

#: How often a daemon whose camera is closed looks for what is asked of it.
_REST_S = 0.1


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
        privacy: Privacy,
        observer: Observer | None = None,
        load: Callable[[], Config] | None = None,
    ) -> None:
        self._config, self._bundle, self._observer = config, bundle, observer
        self._accelerator, self._transport, self._publisher = accelerator, transport, publisher
        self._camera, self._watchdog = camera, watchdog
        self._load, self._has_new_camera = load, False
        verbs = {"info": self._answer_info, "reload": self._reload}
        self._control = Control(privacy, publisher, transport, Topics(config.device.id), verbs)
        self._condition = Condition(self._tell)
        folder = state_folder(config.privacy) if config.publish.to == "mqtt" else None
        self._announcer = Announcer(config, bundle.card.classes, transport, publisher, folder)
        self._health = Health(camera, publisher)
        self._track_numbers = itertools.count(1)
        self._is_begun = False
        self._set_up()

    def _set_up(self) -> None:
        """Make the steps anew: they know nothing of whom they saw before."""
        config = self._config
        # A file that is not played at its own speed has as much CPU as it takes, and is the same at every run.
        budget = Budget(config.detect.cpu_percent if config.camera.is_paced else None)
        self._pace = Pace(config.camera.idle_fps, budget)
        stages, numbers = self._watchdog.stages, self._track_numbers
        self._pipeline = make_pipeline(config, self._accelerator, self._publisher, stages, budget, numbers)

    @property
    def is_to_restart(self) -> bool:
        """Whether a command asked for a new process."""
        return self._control.wants_restart

    def work(self, stop: threading.Event) -> None:
        """Feed the pipeline and keep the status true until `stop` is set or the camera ends."""
        self._look_at_machine()
        self._control.settle()
        has_ended = False
        while not (stop.is_set() or has_ended or self.is_to_restart):
            if self._control.wants_camera:
                has_ended = self._watch(stop)
            else:
                self._rest(stop)

    def _watch(self, stop: threading.Event) -> bool:
        """Work on frames until the camera is to be closed; whether it came to its end."""
        processed_s = time.monotonic()
        self._take_new_camera()
        with closing(self._camera.frames(_PATIENCE_S, stop)) as frames:
            for frame in frames:
                self._begin()  # not before the camera was tried: one that cannot be opened ends the command
                if stop.is_set():
                    return True
                if frame is None:
                    self._wait(time.monotonic() - processed_s)
                elif self._is_due(frame):
                    self._process(frame)
                    processed_s = time.monotonic()
                self._tend(time.monotonic())
                if self._has_new_camera or self.is_to_restart or not self._control.wants_camera:
                    return False
                self._control.settle(camera_is_open=True)
        return True

    def _rest(self, stop: threading.Event) -> None:
        """Have the camera closed, until it is wanted or `stop` is set."""
        self._begin()
        self._publisher.rest()
        if self._observer:
            self._observer.forget()
        self._condition.set("camera", None)
        while not (stop.is_set() or self.is_to_restart):
            is_private = self._control.is_private
            self._condition.rest(is_private=is_private)
            self._control.settle()
            if is_private and self._camera.is_held:  # what was settled holds for the next process
                self._watchdog.give_up("the camera hangs and cannot be closed, as privacy wants it")
            if self._control.wants_camera:
                break
            self._watchdog.pause()
            self._tend(time.monotonic())
            stop.wait(_REST_S)
        self._condition.rest(is_private=False)
        self._set_up()

    def _begin(self) -> None:
        if not self._is_begun:
            self._publisher.start()
            notify("READY=1")
            self._is_begun = True

    def facts(self) -> Facts:
        """What it says of itself to those who look on; from any thread."""
        camera, report = self._camera.camera, self._accelerator.report
        is_private = self._control.is_private
        return tell_facts(self._config, self._condition, camera, report, self._publisher, is_private)

    def set_privacy(self, on: bool) -> None:
        """Turn the privacy switch; from any thread. Raises PrivacyError where it cannot be kept."""
        self._control.turn(on)

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
        for part, problem in self._control.problems.items():
            self._condition.set(part, problem)
        reading = self._look_at_machine() if self._health.is_due(now_s) else None
        self._condition.tell(is_news)
        if reading:
            fields = self._health.report(self._condition.status, self._condition.problems, reading)
            if self._config.privacy.aggregate_only:
                fields["rejected"] = {}  # each is a single face
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
        self._publisher.set_info(**self._describe())

    def _describe(self) -> dict[str, Any]:
        report, restarts = self._accelerator.report, self._watchdog.restarts
        camera, problems = self._camera.camera, self._condition.problems
        return describe(self._config, self._bundle, report, camera, restarts, problems)

    def _answer_info(self) -> dict[str, Any]:
        """What the topic `info` has, but for the schemas, which are large and stay as they are."""
        told = self._describe() | {"status": self._condition.status}
        return {key: value for key, value in told.items() if key not in ("config_schema", "schemas")}

    def _reload(self) -> dict[str, Any]:
        """Read the configuration anew and take over what can be; where that raises MienError, nothing has."""
        if self._load is None:
            raise CommandError("this daemon runs without a configuration file; expected mien run --config FILE")
        change = merge(self._config, self._load())
        is_file = not comes_back(change.config.camera.source)
        if change.touches_camera and is_file and self._control.wants_camera:
            open_camera(change.config.camera).close()  # a file that is not there would end us
        if change.applied:
            self._config, self._has_new_camera = change.config, change.touches_camera
            self._publisher.rest()
            self._publisher.configure(change.config.publish)
            self._set_up()
            self._publisher.set_info(**self._describe())
            logger.info("reloaded: %s", ", ".join(change.applied))
        return {"applied": list(change.applied), "needs_restart": list(change.waiting)}

    def _take_new_camera(self) -> None:
        if self._has_new_camera:
            camera, self._has_new_camera = self._config.camera, False
            self._camera.change(partial(open_camera, camera), camera, comes_back=comes_back(camera.source))
