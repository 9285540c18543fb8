"""Everything of mien that runs on the device: frames go in, MQTT messages come out.

Importing this package loads neither OpenCV nor an interpreter.
"""

import os

#: OpenCV reads this limit when it is loaded: a small file that claims to be a larger picture, and would
#: take all memory, is refused. Phones of today make 200 megapixels.
MAX_PICTURE_PIXELS = 200_000_000
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PICTURE_PIXELS))

#: OpenCV and its FFmpeg say on standard error what we say in one line. To hear them: OPENCV_LOG_LEVEL=INFO.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
