"""Several devices at once: every batch is shared among them, and they agree on each step."""

import logging

import keras

from edge.errors import UsageError
from training.machines import crew

logger = logging.getLogger(__name__)


def use_devices(wanted: str) -> None:
    """Spread what is computed from now on; it must run before a network is built.

    Args:
        wanted: "all", or how many.

    Raises:
        UsageError: the backend cannot, or there are not so many.
    """
    backend = keras.backend.backend()
    if backend != "jax":
        raise UsageError(f"--devices needs Keras on JAX; it is on {backend}: set KERAS_BACKEND=jax")
    names = keras.distribution.list_devices()
    count = len(names) if wanted == "all" else int(wanted)
    if crew().count > 1 and count != len(names):
        raise UsageError(f"--devices is {wanted}; several machines share all of theirs: leave it out")
    if count > len(names):
        raise UsageError(f"--devices is {wanted}; this machine has {len(names)}: {', '.join(names)}")
    logger.info("devices: %s", ", ".join(names[:count]))
    # each machine brings its own part of a batch (training.batches), so Keras has none to share out
    chosen = keras.distribution.DataParallel(devices=names[:count], auto_shard_dataset=False)
    keras.distribution.set_distribution(chosen)


def device_count() -> int:
    """Among how many devices a batch is shared."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else int(distribution.num_model_replicas)


def check_batch(batch_size: int) -> None:
    """Refuse a batch that the devices cannot share equally.

    Raises:
        UsageError: names both numbers.
    """
    if batch_size % (devices := device_count()):
        raise UsageError(f"--batch-size is {batch_size}; expected a multiple of the {devices} devices")
