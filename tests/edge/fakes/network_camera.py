"""A network camera: an HTTP server on loopback that sends one JPEG after the other, and can be unplugged."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2

from edge.records import Gray


class NetworkCamera:
    """Its address, and whether it is plugged in."""

    def __init__(self, gray: Gray, fps: float = 50) -> None:
        self._jpeg = cv2.imencode(".jpg", gray)[1].tobytes()
        self._fps = fps
        self.is_plugged = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/video"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.is_plugged = False
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not camera.is_plugged:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while camera.is_plugged:
                        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                        self.wfile.write(f"Content-Length: {len(camera._jpeg)}\r\n\r\n".encode())
                        self.wfile.write(camera._jpeg + b"\r\n")
                        time.sleep(1 / camera._fps)
                except OSError:
                    pass  # the viewer has gone

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def network_camera(gray: Gray) -> Iterator[NetworkCamera]:
    camera = NetworkCamera(gray)
    try:
        yield camera
    finally:
        camera.close()
