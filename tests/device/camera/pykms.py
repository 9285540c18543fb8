"""Picamera2 imports kms++ for previews on a screen, of which there is none here; Debian does not have it."""


class _AnyName(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_AnyName):
    pass
