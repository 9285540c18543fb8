from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.faces import write_csv


@pytest.fixture(scope="session")
def small_fer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("fer"), {"Training": 6, "PublicTest": 3})


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mini-XCEPTION as it is built, as a `.keras` file."""
    from training.backend import prepare_backend

    prepare_backend()
    from training.networks import find_network

    path = tmp_path_factory.mktemp("keras") / "untrained.keras"
    find_network("mini_xception").build(7).save(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def cache_of_these_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is read here out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
