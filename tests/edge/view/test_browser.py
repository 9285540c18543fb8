"""The aim page in a real browser."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import ViewConfig
from edge.errors import MienError
from edge.view.observer import Observer
from edge.view.serving import Page
from edge.view.snapshot import Facts
from tests.browser import complaints, set_scheme, set_size
from tests.conftest import free_port, require, wait_until
from tests.edge.view.conftest import Served, by_script, serving

pytestmark = pytest.mark.browser
require("browser")

BOX = "document.querySelector('#faces rect.face')?.getAttribute('x')"
FACTS = Facts("lab", "online", {}, "a camera", "cpu", None, "localhost:1883", True, 0, False)


class Device:
    """One whose disk is full."""

    def facts(self) -> Facts:
        return FACTS

    def set_privacy(self, on: bool) -> None:
        raise MienError("privacy cannot be written (no space left on device)")


def text(browser: Any, selector: str) -> str:
    return str(browser.execute_script(f"return document.querySelector({selector!r}).textContent"))


def violations(browser: Any) -> list[tuple[str, list[str]]]:
    """What axe finds to be out of some people's reach."""
    from axe_core_python.selenium import Axe

    found = Axe().run(browser)
    assert len(found["passes"]) > 20, "it has looked at nothing"
    return [(it["id"], [node["html"] for node in it["nodes"]]) for it in found["violations"]]


@pytest.fixture
def opened(browser: Any, page: Served) -> Any:
    browser.get(page.link)
    assert wait_until(lambda: by_script(browser, BOX)() is not None), "no box was drawn"
    return browser


def test_the_link_opens_the_page_and_does_not_stay_in_the_address(opened: Any, page: Served) -> None:
    assert opened.current_url == f"http://127.0.0.1:{page.port}/"
    assert "token" not in opened.page_source and page.path.partition("=")[2] not in opened.page_source
    assert by_script(opened, "document.cookie")() == "", "a script can read the cookie"
    assert complaints(opened) == [], "the console has complaints"


def test_boxes_move_with_the_face_and_the_picture_is_there(opened: Any) -> None:
    first = by_script(opened, BOX)()
    assert wait_until(lambda: by_script(opened, BOX)() not in (None, first)), "the box stands still"
    assert by_script(opened, "document.getElementById('picture').getAttribute('href')")().startswith(
        "data:image/jpeg"
    )
    assert wait_until(lambda: "happy" in text(opened, "#face-rows"))
    assert "happy" in text(opened, "#faces text")
    assert by_script(opened, "document.querySelectorAll('#windows rect').length")() >= 0
    assert float(text(opened, "#fps")) > 1
    assert "search" in text(opened, "#stage-rows")
    assert text(opened, "#status") == "online"
    assert text(opened, "#broker") == "the log: connected"
    assert wait_until(lambda: "happy" in text(opened, "#moods"))
    assert wait_until(lambda: "happy" in text(opened, "#spoken")), "a screen reader hears nothing"


def test_nothing_is_asked_of_the_device_while_nobody_looks_at_the_page(opened: Any) -> None:
    opened.execute_script(
        "Object.defineProperty(document, 'hidden', {get: () => true}); performance.clearResourceTimings()"
    )
    asked = by_script(opened, "performance.getEntriesByType('resource').length")
    assert wait_until(lambda: asked() <= 1)
    opened.execute_script("performance.clearResourceTimings()")
    assert not wait_until(lambda: asked() > 0, timeout_s=1.5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)], ids=["desktop", "phone"])
def test_axe_finds_nothing_to_complain_of(opened: Any, scheme: str, size: tuple[int, int]) -> None:
    set_scheme(opened, scheme)
    set_size(opened, *size)
    opened.execute_script("document.querySelector('details').open = true")
    assert violations(opened) == []


def test_a_phone_shows_all_of_it_without_scrolling_sideways(opened: Any) -> None:
    set_size(opened, 360, 740)
    assert wait_until(lambda: by_script(opened, "innerWidth")() == 360)
    assert by_script(opened, "document.documentElement.scrollWidth")() <= 360
    picture = by_script(opened, "document.getElementById('stage').getBoundingClientRect().width")()
    assert picture > 300, "the picture does not fill a phone"


def test_everything_that_can_be_done_can_be_done_by_the_keyboard(opened: Any) -> None:
    reach = "document.querySelectorAll('button, summary, a, [tabindex]')"
    assert by_script(opened, f"[...{reach}].every(one => one.tabIndex >= 0)")()
    opened.execute_script("document.querySelector('summary').focus()")
    from selenium.webdriver.common.keys import Keys

    opened.switch_to.active_element.send_keys(Keys.ENTER)
    assert by_script(opened, "document.querySelector('details').open")()


def test_the_privacy_switch_closes_the_camera_and_opens_it_again(opened: Any) -> None:
    switch = "document.getElementById('privacy')"
    is_on = by_script(opened, f"{switch}.getAttribute('aria-checked')")
    assert is_on() == "false"
    try:
        opened.execute_script(f"{switch}.focus()")
        opened.switch_to.active_element.send_keys(" ")
        assert wait_until(lambda: is_on() == "true"), "the switch does not turn"
        assert wait_until(lambda: text(opened, "#camera") == "not open"), "the camera is open"
        assert wait_until(lambda: text(opened, "#status") == "privacy")
        assert wait_until(lambda: by_script(opened, BOX)() is None), "a box is still drawn"
        assert by_script(opened, "document.getElementById('picture').hasAttribute('href')")() is False
        assert "camera is closed" in text(opened, "#privacy-says")
        assert wait_until(lambda: "Privacy is on" in text(opened, "#spoken"))
        assert violations(opened) == []
    finally:
        if is_on() == "true":
            opened.execute_script(f"{switch}.click()")
    assert wait_until(lambda: is_on() == "false"), "the switch does not turn back"
    assert wait_until(lambda: by_script(opened, BOX)() is not None), "the camera does not come back"


def test_without_pictures_boxes_are_on_grey(browser: Any, face_clip: Path, tmp_path: Path) -> None:
    with serving(tmp_path, face_clip, "--no-pictures") as served:
        browser.get(served.link)
        assert wait_until(lambda: by_script(browser, BOX)() is not None)
        assert by_script(browser, "document.getElementById('picture').hasAttribute('href')")() is False
        assert served.scene(served.cookie())["frame"]["picture"] is None


@pytest.fixture
def short_page() -> Iterator[tuple[Page, threading.Event]]:
    closed = threading.Event()
    config = ViewConfig(port=free_port(), minutes=3 / 60)
    page = Page(config, Observer(), Device(), closed.set)
    yield page, closed
    page.close()


def test_the_page_closes_by_itself_and_says_so(browser: Any, short_page: tuple[Page, threading.Event]) -> None:
    page, closed = short_page
    browser.get(page.link.address)
    assert wait_until(lambda: "closes at" in text(browser, "#closing"))
    browser.execute_script("document.getElementById('privacy').click()")
    assert wait_until(lambda: "no space left" in text(browser, "#notice")), "it is not told"
    assert closed.wait(5), "it does not close"
    assert wait_until(lambda: "closed by itself" in text(browser, "#notice"))
    assert text(browser, "#status") == "closed"
