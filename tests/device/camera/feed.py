"""Show a picture on a v4l2loopback device, 15 times a second, as a camera in YUYV would.

It trembles a little: a face that does not move at all is a photograph.

python feed.py DEVICE PICTURE
"""

import fcntl
import itertools
import struct
import sys
import time

import cv2
import numpy as np

# struct v4l2_format of linux/videodev2.h: type, padding, then v4l2_pix_format in a union of 200 bytes
VIDIOC_S_FMT = 0xC0D05605
V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_FIELD_NONE = 2, 1
FPS = 15


def main(device: str, path: str) -> None:
    picture = cv2.imread(path)
    height, width = picture.shape[:2]
    yuyv = int.from_bytes(b"YUYV", "little")
    pix = struct.pack("6I", width, height, yuyv, V4L2_FIELD_NONE, width * 2, width * height * 2)
    with open(device, "wb", buffering=0) as camera:
        fcntl.ioctl(camera, VIDIOC_S_FMT, struct.pack("II200s", V4L2_BUF_TYPE_VIDEO_OUTPUT, 0, pix))
        frames = [cv2.cvtColor(np.roll(picture, x, 1), cv2.COLOR_BGR2YUV_YUYV).tobytes() for x in (0, 1, 2, 1)]
        for frame in itertools.cycle(frames):
            camera.write(frame)
            time.sleep(1 / FPS)


main(*sys.argv[1:])
