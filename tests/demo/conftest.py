"""One small life for every test that only reads it, and one pair of servers for those that need them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from demo.life import Life, live
from demo.servers import Partners, partners
from demo.world import World

FIRST, SECOND, THIRD = date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)
SMALL = World(people=300)
TOWNS = World(people=2_400, district_people=600)


@pytest.fixture(scope="session")
def life() -> Life:
    return live(SMALL, THIRD)


@pytest.fixture(scope="session")
def town() -> Life:
    """A life large enough for shares and rates."""
    return live(World(people=4_500), THIRD)


@pytest.fixture(scope="session")
def towns() -> Life:
    """Four districts whose people have friends in the others."""
    return live(TOWNS, FIRST)


@pytest.fixture(scope="session")
def served(life: Life) -> Iterator[Partners]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # Credentials of whoever starts the servers, for some other S3, must not become an identity of this one.
        patch.setenv("AWS_ACCESS_KEY_ID", "alliance")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "for another server")
        with partners(Path(folder) / "partners", forget=True) as running:
            running.load(life, [FIRST, SECOND])
            yield running
