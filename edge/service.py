"""The daemon: builds the steps once, feeds them, and tells the truth about itself."""

import logging
import sys
import threading
import time

import cv2

from edge.cameras import Camera, open_camera
from edge.cameras.mailbox import frames_of
from edge.config import Config, read_password
from edge.emotion.bundle import load_bundle
from edge.emotion.classifier import Classifier
from edge.emotion.mood import Moods
from edge.faces.schedule import FaceFinder
from edge.mqtt.publisher import LogTransport, Publisher, Transport
from edge.mqtt.topics import DEGRADED, OFFLINE, ONLINE, STOPPED, Topics
from edge.pipeline import Pipeline

logger = logging.getLogger(__name__)

#: Without a processed frame for this long we are not online.
_DEADLINE_S = 5.0

#: How often a silent camera is looked after.
_PATIENCE_S = 0.5


def run_daemon(config: Config, stop: threading.Event) -> None:
    """Publish what the camera sees until `stop` is set or the source ends.

    Raises:
        MienError: the model or the camera cannot be used; the status is then `offline`.
    """
    cv2.setNumThreads(1)  # more threads spend more CPU on pictures as small as ours
    classifier = _open_classifier(config)
    publisher = Publisher(_make_transport(config), Topics(config.device.id), config.publish)
    pipeline = Pipeline(FaceFinder(config.detect), classifier, Moods(config.mood), publisher)
    camera = open_camera(config.camera)
    logger.info("camera %s", camera.name)
    publisher.start()
    status = OFFLINE
    try:
        work(camera, pipeline, publisher, stop)
        status = STOPPED
    finally:
        publisher.close(status)
        logger.info(status)


def work(camera: Camera, pipeline: Pipeline, publisher: Publisher, stop: threading.Event) -> None:
    """Feed the pipeline and keep the status true until `stop` is set or the camera ends."""
    with frames_of(camera, _PATIENCE_S) as frames:
        processed_s = time.monotonic()
        for frame in frames:
            if stop.is_set():
                return
            if frame is not None:
                pipeline.process(frame)
                processed_s = time.monotonic()
                publisher.set_status(ONLINE)
                continue
            publisher.flush()
            if time.monotonic() - processed_s > _DEADLINE_S:
                publisher.set_status(DEGRADED)


def _open_classifier(config: Config) -> Classifier:
    bundle = load_bundle(config.model.bundle)
    classifier = Classifier.open(bundle, config.model.threads)
    logger.info("model %s, card %s", bundle.card.name, bundle.digest[:12])
    return classifier


def _make_transport(config: Config) -> Transport:
    if config.publish.to == "log":
        return LogTransport(sys.stdout)
    from edge.mqtt.client import MqttTransport

    return MqttTransport(config.mqtt, Topics(config.device.id), read_password(config.mqtt))
