"""mediapipe's face mesh behind a pipe: the one part that needs numpy 1 and protobuf 4.

It runs by the Python of an environment of its own (`make setup-explain`) and imports nothing of ours; see
training.explain.mesh for its other end.

On stdout comes one line, mediapipe's version. Then for each picture on stdin, height and width (uint32 each,
little-endian) and height x width x 3 bytes, red, green, blue, comes on stdout the number of faces (uint32) and
for each 478 points, x, y and z in pixels (float32): z is the depth behind the middle of the head, in the
scale of x.
"""

import os
import struct
import sys

import mediapipe
import numpy as np


def main() -> None:
    most, least_confidence = int(sys.argv[1]), float(sys.argv[2])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    answers.write(mediapipe.__version__.encode() + b"\n")
    answers.flush()
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True,
        max_num_faces=most,
        refine_landmarks=True,
        min_detection_confidence=least_confidence,
    ) as mesh:
        while size := sys.stdin.buffer.read(8):
            height, width = struct.unpack("<II", size)
            pixels = sys.stdin.buffer.read(height * width * 3)
            picture = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            faces = mesh.process(picture).multi_face_landmarks or []
            answers.write(struct.pack("<I", len(faces)))
            for face in faces:
                points = [(point.x * width, point.y * height, point.z * width) for point in face.landmark]
                answers.write(np.array(points, "<f4").tobytes())
            answers.flush()


if __name__ == "__main__":
    main()
