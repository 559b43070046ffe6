"""What a night refuses, in one line, without touching what stands."""

from __future__ import annotations

import shutil
from datetime import timedelta

from demo.drops import write_drop
from demo.object_store import DROP_BUCKET, DROP_PREFIX
from demo.tables import FILE_TABLES
from schemas.catalogue import all_datasets
from schemas.table import ancestors
from tests.alliance import Alliance, published

EVENTS = "captured/shop_events"
OF_THE_SAME_DELIVERY = {"captured/shop_orders", "captured/shop_users", "cleaned/purchases"}
"""Of these, too, the night has to be built: the rest of it stands already."""


def test_a_day_the_shop_has_not_delivered_stops_the_night_and_nothing_else_changes(closed: Alliance) -> None:
    lake = closed.copy_lake("forward", "undelivered")
    before, day = published(lake), str(closed.days[-1] + timedelta(days=1))
    done = closed.run("undelivered", "night", "--business-date", day)
    assert done.returncode == 2
    assert f"captured/shop_orders {day}" in done.stderr
    assert "Traceback" not in done.stderr
    after = published(lake)
    assert {key: files for key, files in after.items() if key[1] != day} == before
    assert {address for address, of in after if of == day} <= {a for a, _ in before if a.startswith("captured/bank_")}


def test_t12_a_night_before_which_one_is_missing_names_the_one_to_build_first(closed: Alliance) -> None:
    lake = closed.copy_lake("first", "gap")
    done = closed.run("gap", "customers/identities", "--business-date", str(closed.days[2]))
    assert done.returncode == 3
    assert f"--business-date {closed.days[1]}" in done.stderr or f"--business-date {closed.days[2]}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert published(lake) == published(closed.lake("first"))


def test_t38_a_source_that_falls_silent_stops_what_is_built_from_it_and_yesterday_stands(closed: Alliance) -> None:
    lake, day = closed.copy_lake("forward", "silent"), closed.days[-1]
    before = published(lake)
    of_events = {one.address for one in all_datasets() if EVENTS in [of.address for of in (*ancestors(one), one)]}
    for address in of_events | OF_THE_SAME_DELIVERY:
        shutil.rmtree(lake / address / f"business_date={day}", ignore_errors=True)  # models have none of that day
    serve_without_events(closed, day)

    done = closed.run(
        "silent", "night", "--business-date", str(day), NIGHTLEDGER_SHOP_DROP=f"s3://{DROP_BUCKET}/silent"
    )

    assert done.returncode == 2
    assert f"captured.shop_events {day}" in done.stderr
    assert of_events > {EVENTS, "cleaned/browsing_events", "features/browsing", "scores/customer_scores"}
    kept_back = {(address, str(day)) for address in of_events}
    assert published(lake) == {key: files for key, files in before.items() if key not in kept_back}


def serve_without_events(alliance: Alliance, day: object) -> None:
    """Serve the drop of one day under the prefix `silent`, in which nobody has looked at anything."""
    folder = alliance.folder / "silent-drop"
    for source in FILE_TABLES.values():
        rows = alliance.life.drop(source.name, day)  # type: ignore[arg-type]
        write_drop(source, rows.slice(0, 0) if source.name == "events" else rows, folder, day)  # type: ignore[arg-type]
    client = alliance.partners.store.client(alliance.partners.store.shop)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            client.put_object(Bucket=DROP_BUCKET, Key=f"silent/{path.relative_to(folder)}", Body=path.read_bytes())
    assert DROP_PREFIX != "silent"
