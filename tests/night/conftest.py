"""A lake in which five nights were closed, oldest first, in one process."""

from __future__ import annotations

import pytest

from tests.alliance import Alliance


@pytest.fixture(scope="session")
def closed(alliance: Alliance) -> Alliance:
    """The alliance, with the nights after the first closed in the lake `forward`."""
    alliance.copy_lake("first", "forward")
    alliance.succeed("forward", "backfill", "--from", str(alliance.days[1]), "--to", str(alliance.days[-1]))
    return alliance
