from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.faces import write_csv


@pytest.fixture(scope="session")
def small_fer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FER2013 and FER+ of drawn patterns: 12 faces a class to fit, 4 to choose, 2 for the final look."""
    per_class = {"Training": 12, "PublicTest": 4, "PrivateTest": 2}
    return write_csv(tmp_path_factory.mktemp("fer"), per_class)


@pytest.fixture(scope="session", autouse=True)
def cache_of_these_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is read here out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
