"""Two processes that capture the same day of the same table at once, and one that comes late."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from jobs.captured import file_drop
from jobs.inputs import night
from jobs.lake import open_lake
from jobs.lake_errors import WriterBusyError
from jobs.road import Road
from jobs.settings import Settings
from schemas.captured.shop_referrals import SHOP_REFERRALS
from tests.captured.deliveries import DAY, Shop, as_csv, gzipped

PART = "part-00000.csv.gz"
DAYS = [DAY + timedelta(days=number) for number in range(4)]
ROWS = 3000


class UncheckedRoad(Road):
    """Without expectations, which take seconds to load and have no part in who captures."""

    def _check(self, *_: Any) -> tuple[str, ...]:
        return ()


def road_for(settings: Settings) -> Road:
    return UncheckedRoad(settings, open_lake(settings))


def capture_each_day(settings: Settings, keys: dict[str, str], start: Any, told: Any) -> None:
    """What one of the processes does: capture every day at the same moment as the other, and say how it went."""
    os.environ.update(keys)
    road = road_for(settings)
    for day in DAYS:
        start.wait(timeout=60)
        try:
            (outcome,) = road.capture([SHOP_REFERRALS], day)
            told.put((day, outcome.state))
        except WriterBusyError:
            told.put((day, "refused"))
        except Exception as error:  # noqa: BLE001 the other process must not wait for us
            told.put((day, repr(error)))


@pytest.fixture
def lake_settings(shop: Shop, tmp_path: Path) -> Settings:
    return replace(shop.settings, lake=str(tmp_path / "lake"))


@pytest.fixture(scope="module")
def children() -> ForkServerContext:
    """Processes forked from a lean one, never from pytest with its threads and its Spark session."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.captured.test_two_captures", "pytest"])
    return context


def deliver(shop: Shop, day: Any, rows: int = ROWS) -> None:
    content = gzipped(as_csv(SHOP_REFERRALS, [{"referral_id": f"r{number}"} for number in range(rows)]))
    shop.deliver(SHOP_REFERRALS, {PART: content}, rows, day=day)


def test_t11_of_two_captures_at_once_one_publishes_and_the_other_harms_nothing(
    shop: Shop, lake_settings: Settings, children: ForkServerContext
) -> None:
    for day in DAYS:
        deliver(shop, day)
    keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    start, told = children.Barrier(2), children.Queue()
    processes = [children.Process(target=capture_each_day, args=(lake_settings, keys, start, told)) for _ in range(2)]
    for process in processes:
        process.start()
    outcomes = [told.get(timeout=60) for _ in range(2 * len(DAYS))]
    for process in processes:
        process.join(60)

    lake = open_lake(lake_settings)
    for day in DAYS:
        of_day = sorted(state for when, state in outcomes if when == day)
        assert of_day in (["published", "refused"], ["published", "unchanged"]), of_day
        manifest = lake.manifest(night(day).partition(SHOP_REFERRALS))
        assert manifest is not None
        assert manifest.rows == ROWS
        assert lake.local_files(night(day).partition(SHOP_REFERRALS), verify=True)
    assert not list(lake_settings.scratch.rglob("*.partial"))
    assert not [path for path in Path(lake_settings.lake, "_staging").rglob("*") if path.is_file()]


def test_a_capture_that_comes_late_leaves_the_day_that_stands(
    shop: Shop, lake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(shop, DAY)
    late, early = road_for(lake_settings), road_for(lake_settings)
    writing = late.lake.writing

    def writing_after_the_other(partition: Any) -> Any:
        """The other one captures between the late one's look and its lock; then the shop delivers anew."""
        (first,) = early.capture([SHOP_REFERRALS], DAY)
        assert first.state == "published"
        deliver(shop, DAY, rows=7)
        return writing(partition)

    monkeypatch.setattr(late.lake, "writing", writing_after_the_other)
    (outcome,) = late.capture([SHOP_REFERRALS], DAY)
    assert (outcome.state, outcome.manifest.rows) == ("unchanged", ROWS)
    assert "delivered anew" in outcome.warnings[0]
    assert early.lake.manifest(night(DAY).partition(SHOP_REFERRALS)) == outcome.manifest

    monkeypatch.undo()
    (forced,) = late.capture([SHOP_REFERRALS], DAY, force=True)
    assert (forced.state, forced.manifest.rows) == ("published", 7)


def test_personal_data_of_tries_that_ended_are_gone_with_the_next_capture_of_the_table(
    shop: Shop, lake_settings: Settings
) -> None:
    deliver(shop, DAY)
    folder = lake_settings.scratch / "downloads"
    folder.mkdir(parents=True)
    in_use = folder / f"shop_referrals-{DAY - timedelta(days=2)}-{'a' * 32}.partial"
    of_a_dead_try = folder / f"shop_referrals-{DAY - timedelta(days=1)}-{'b' * 32}.99999.partial"
    of_another_table = folder / f"shop_orders-{DAY}-{'c' * 32}.partial"
    for path in (in_use, of_a_dead_try, of_another_table):
        path.write_bytes(b"a name and a phone")

    with file_drop.taken(in_use):
        road_for(lake_settings).capture([SHOP_REFERRALS], DAY)
        assert sorted(folder.iterdir()) == sorted([in_use, of_another_table])

    deliver(shop, DAY + timedelta(days=1))
    road_for(lake_settings).capture([SHOP_REFERRALS], DAY + timedelta(days=1))
    assert list(folder.iterdir()) == [of_another_table]
