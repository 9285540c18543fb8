"""A real browser without a screen: Debian's Chromium, driven by Selenium. It reaches this machine alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: It starts quietly, asks nobody anything, and needs neither a display nor a graphics card.
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--no-proxy-server"),
)


def find_chromium() -> tuple[str, str] | None:
    """The browser and its driver, where the machine has both."""
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    return programs if all(programs) else None  # type: ignore[return-value]


@contextmanager
def running_browser(folder: Path, width_px: int = 1280, height_px: int = 900) -> Iterator[Any]:
    """Selenium's driver of a browser that keeps what it has to keep in a folder of its own."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    found = find_chromium()
    assert found, "apt-get install chromium chromium-driver"
    options = ChromeOptions()
    options.binary_location = found[0]
    size = f"--window-size={width_px},{height_px}"
    for flag in (*_FLAGS, size, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(found[1]))
    driver.set_page_load_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()


def set_size(driver: Any, width_px: int, height_px: int) -> None:
    """The page's own size: that of a phone is less than any window's."""
    size = {"width": width_px, "height": height_px, "deviceScaleFactor": 1, "mobile": width_px < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def set_scheme(driver: Any, scheme: str) -> None:
    """`light` or `dark`, as the person's system has it."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def complaints(driver: Any) -> list[str]:
    """What the browser's console has said since it was last asked, but for what is merely informative."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] != "INFO"]
