"""Write the picture that the virtual camera shows: one frame of the demo's clip, with one smiling face.

python picture.py OUT.png
"""

import sys
import tempfile
from pathlib import Path

import cv2

from edge.clip import write_clip

with tempfile.TemporaryDirectory() as folder:
    clip = Path(folder) / "clip.mp4"
    write_clip(clip, seconds=0.2, fps=10)
    cv2.imwrite(sys.argv[1], cv2.VideoCapture(str(clip)).read()[1])
