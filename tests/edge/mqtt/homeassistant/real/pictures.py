"""Pictures of the device's page in Home Assistant, light and dark, for our own page."""

import json
import time
from pathlib import Path
from typing import Any

from tests.browser import running_browser, set_scheme, set_size
from tests.conftest import wait_until
from tests.edge.mqtt.homeassistant.real.core import Core

#: Wide enough for three columns, high enough for what the device tells of itself.
_SIZE_PX = (1180, 960)


def take_pictures(core: Core, entity: str, folder: Path, browser_folder: Path) -> list[Path]:
    """The page of an entity's device, as `homeassistant-light.png` and `-dark.png`."""
    device = core.evaluate(f"device_id('{entity}')")
    paths = []
    with running_browser(browser_folder) as driver:
        set_size(driver, *_SIZE_PX)
        for scheme in ("light", "dark"):
            set_scheme(driver, scheme)
            driver.get(f"{core.url}/manifest.json")  # of the same origin, and without a log-in
            _log_in(driver, core)
            driver.get(f"{core.url}/config/devices/device/{device}")
            assert wait_until(lambda: "Emotion" in _text(driver), 60), "the page did not come"
            time.sleep(3)  # its cards slide into their places
            assert core.becomes(entity, "happy")
            time.sleep(1)
            paths.append(folder / f"homeassistant-{scheme}.png")
            driver.save_screenshot(str(paths[-1]))
    return paths


def _log_in(driver: Any, core: Core) -> None:
    """Leave in the browser what its log-in page would."""
    tokens = core.tokens | {
        "hassUrl": core.url,
        "clientId": core.client_id,
        "expires": int((time.time() + core.tokens["expires_in"]) * 1000),
    }
    kept = {"hassTokens": tokens, "dockedSidebar": "always_hidden", "enableShortcuts": False}
    for key, value in kept.items():
        driver.execute_script(f"localStorage.setItem('{key}', arguments[0])", json.dumps(value))


def _text(driver: Any) -> str:
    """All text of the page; its parts hide theirs from `body.innerText`."""
    return str(
        driver.execute_script(
            "const all = node => [...node.childNodes].map(n => n.nodeType === 3 ? n.data : all(n)).join(' ') "
            "+ (node.shadowRoot ? all(node.shadowRoot) : ''); return all(document.body)"
        )
    )
