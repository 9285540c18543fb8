"""The pictures of the page's README: `python -m tests.edge.view.screenshots`. The face is the demo clip's."""

import tempfile
import time
from contextlib import chdir
from pathlib import Path

import cv2
import numpy as np

from edge.clip import write_clip
from tests.browser import running_browser, set_scheme, set_size
from tests.conftest import wait_until
from tests.edge.view.conftest import serving

FOLDER = Path(__file__).parents[3] / ".github"

#: File, size of the page, and the system's colours.
PICTURES = [("view.png", (880, 780), "light"), ("view-phone.png", (390, 844), "dark")]

_SMALL = [cv2.IMWRITE_PNG_COMPRESSION, 9]
_IS_READ = "return document.getElementById('face-rows').textContent.includes('yes')"


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        chdir(name),
    ):  # the page shows the clip's name, and no folder of ours
        folder, clip = Path(name), Path("clip.mp4")
        write_clip(clip, seconds=30, fps=15)
        with serving(folder, clip) as served, running_browser(folder / "chromium") as browser:
            browser.get(served.link)
            for file, size, scheme in PICTURES:
                set_size(browser, *size)
                set_scheme(browser, scheme)
                time.sleep(8)  # moods of some seconds
                wait_until(lambda: bool(browser.execute_script(_IS_READ)), 20)
                picture = np.frombuffer(browser.get_screenshot_as_png(), np.uint8)
                cv2.imwrite(str(FOLDER / file), cv2.imdecode(picture, cv2.IMREAD_COLOR), _SMALL)


if __name__ == "__main__":
    main()
