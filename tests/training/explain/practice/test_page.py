"""The page in a real browser: by the keyboard alone, in the light and in the dark, large and small."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser import complaints, running_browser, set_scheme, set_size
from tests.conftest import wait_until
from training.explain.practice.server import PracticeServer

pytestmark = pytest.mark.browser


def test_somebody_practises_by_keyboard(served: PracticeServer, tmp_path: Path) -> None:
    with running_browser(tmp_path / "browser") as driver:
        driver.get(served.url)
        assert wait_until(lambda: len(_all(driver, "#choices button")) == 7)
        expect_usable(driver)
        chosen, row = answer_by_number(driver, served)
        expect_told(driver, served, chosen, row)
        expect_usable(driver)
        go_on(driver, row)
        expect_said_where_the_program_has_ended(driver, served)


def answer_by_number(driver: Any, served: PracticeServer) -> tuple[str, int]:
    """Open the hint, press 4."""
    row = served.teacher.question()["id"]
    text = _one(driver, "main").text
    assert "infers nobody's emotion who is present" in text and "may be used in schools" in text
    if row in served.teacher.units:
        _one(driver, "#hint summary").click()
        assert "AU" in _one(driver, "#hints").text
    press(driver, "4")
    assert wait_until(lambda: _one(driver, "#result").is_displayed())
    return "happy", row


def expect_told(driver: Any, served: PracticeServer, chosen: str, row: int) -> None:
    truth = next(name for name, rows in served.teacher.lessons.rows.items() if row in rows)
    verdict = _one(driver, "#verdict").text
    assert truth in verdict and verdict in _one(driver, "#said").get_attribute("textContent")
    assert "The network says" in _one(driver, "#sentence").text
    assert _one(driver, "#saliency").get_attribute("naturalWidth") == "288"
    assert driver.switch_to.active_element.get_attribute("id") == "next"
    assert _one(driver, f'#choices [data-id="{chosen}"]').get_attribute("aria-disabled") == "true"
    kept = json.loads(served.teacher.progress.path.read_text())["expressions"]
    assert kept == {truth: {"asked": 1, "right": int(truth == chosen)}}
    press(driver, "5")  # an answer counts once
    assert json.loads(served.teacher.progress.path.read_text())["expressions"] == kept


def go_on(driver: Any, row: int) -> None:
    press(driver, "n")
    assert wait_until(lambda: not _one(driver, "#result").is_displayed())
    assert driver.switch_to.active_element.get_attribute("id") == "question"
    shown = driver.execute_script("return question.id")
    assert shown != row


def expect_usable(driver: Any) -> None:
    """axe finds nothing, nothing runs over, and the console is quiet, however it is looked at."""
    from axe_core_python.selenium import Axe

    for scheme, width_px in (("light", 1200), ("dark", 360)):
        set_scheme(driver, scheme)
        set_size(driver, width_px, 900)
        found = Axe().run(driver)["violations"]
        assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width_px
    assert not complaints(driver)


def expect_said_where_the_program_has_ended(driver: Any, served: PracticeServer) -> None:
    served.shutdown()
    served.server_close()
    press(driver, "1")
    assert wait_until(lambda: "mien-train has ended" in _one(driver, "#failed").text)


def press(driver: Any, key: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver).send_keys(key).perform()


def _one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def _all(driver: Any, selector: str) -> Any:
    return driver.find_elements("css selector", selector)
