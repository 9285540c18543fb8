"""What can go wrong, as one tree.

MienError
├── UsageError(ValueError)             the command line asks for what cannot be; exit 2
├── ConfigError(ValueError)            the configuration file is wrong; exit 2
├── MissingExtraError(ImportError)     a command needs packages that are not installed; exit 2
├── CameraError(OSError)               a source of frames failed
├── PictureError(ValueError)           one picture cannot be read
├── DataError(ValueError)              a data set is not as expected
├── ModelError(ValueError)             a model bundle is broken or does not fit its card
├── CommandError(ValueError)           a command by MQTT is wrong, or cannot be obeyed now
├── PrivacyError(OSError)              the privacy switch's position cannot be kept
└── PublishError(ConnectionError)      the broker refused us for good

Every message is one line: what, which value, what was expected or what to try.
"""


class MienError(Exception):
    """The base of all errors that a person can act on. Exit status 1."""

    exit_status = 1


class UsageError(MienError, ValueError):
    """The command line is wrong in a way that argparse cannot see."""

    exit_status = 2


class ConfigError(MienError, ValueError):
    """The configuration is missing, is not TOML or holds a value that is not allowed."""

    exit_status = 2


class MissingExtraError(MienError, ImportError):
    """A command needs an extra of the distribution that is not installed."""

    exit_status = 2

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"this command needs {package}, which is not installed; try: pip install 'mien[{extra}]'"
        )


class CameraError(MienError, OSError):
    """A camera did not open, or stopped giving frames."""


class PictureError(MienError, ValueError):
    """A picture file is missing, empty, broken or not a picture."""


class DataError(MienError, ValueError):
    """A data set has a broken line, a label out of range, or nothing in it."""


class ModelError(MienError, ValueError):
    """A model is missing, broken, or of another shape than its card says."""


class CommandError(MienError, ValueError):
    """A command by MQTT is malformed, unknown, repeated, or cannot be obeyed now."""


class PrivacyError(MienError, OSError):
    """The position of the privacy switch cannot be kept, or is not known."""


class PublishError(MienError, ConnectionError):
    """The broker refused the connection for a reason that waiting does not mend."""
