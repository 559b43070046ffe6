"""Who is who over whole nights of the demo world: the ledger tells each change, and the truth tells how right it is."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from demo.bench_rings import read_published
from demo.oracle import b_cubed_identity, pairwise_identity
from demo.truth import truth_table
from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.captured.shop_users import SHOP_USERS as CAPTURED_SHOP_USERS
from schemas.catalogue import all_datasets
from schemas.customers.households import HOUSEHOLDS
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import IDENTITY_LEDGER
from schemas.customers.identity_refusals import IDENTITY_REFUSALS
from schemas.table import LAYERS, Table
from tests.alliance import Alliance
from tests.customers.comparable import comparable_pairs

WHO_IS_SHOWN = ("cleaned/shop_users", "cleaned/bank_customers")


def map_of(closed: Alliance, night: date) -> dict[str, str]:
    rows = read_published(closed.lake("forward"), IDENTITIES, night)
    return dict(zip(rows["source_record_id"].to_pylist(), rows["customer_id"].to_pylist(), strict=True))


def test_t16_over_the_nights_ids_stay_and_the_ledger_alone_leads_from_one_map_to_the_next(closed: Alliance) -> None:
    nights = closed.days
    known, changed = map_of(closed, nights[0]), 0
    for night in nights[1:]:
        ledger = read_published(closed.lake("forward"), IDENTITY_LEDGER, night).to_pylist()
        tonight = map_of(closed, night)
        led_to = known | {row["source_record_id"]: row["to_customer_id"] for row in ledger}
        assert {name: customer for name, customer in led_to.items() if customer is not None} == tonight
        assert all(known.get(row["source_record_id"]) == row["from_customer_id"] for row in ledger)
        moved = sum(tonight.get(name) != customer for name, customer in known.items())
        assert moved <= 0.001 * len(known) + 2, "a night of the world changes few people"
        known, changed = tonight, changed + len(ledger)
    assert changed > 0, "people arrive in the world"


def test_customers_are_people_and_the_page_of_a_night_says_how_surely(closed: Alliance) -> None:
    night, ids = closed.days[-1], truth_table(closed.life, "source_ids")
    found = {name.split(":")[1]: customer for name, customer in map_of(closed, night).items()}
    precision, recall = pairwise_identity(ids, found)
    assert precision >= 0.999
    assert recall_of_comparable(closed, night, map_of(closed, night)) >= 0.97
    by_record = b_cubed_identity(ids, found)
    names = [
        f"{partner}:{one}" for partner, one in zip(*(ids[c].to_pylist() for c in ("partner", "source_id")), strict=True)
    ]
    labelled = closed.folder / "labelled.csv"
    pa_csv.write_csv(pa.table({"source_record_id": names, "person_id": ids["person_id"]}), labelled)
    page = closed.folder / "identity.html"
    arguments = ("--business-date", str(night), "--out", str(page), "--labelled", str(labelled))
    told = closed.succeed("forward", "identity-report", *arguments)
    assert "customers in another segment by identity alone" in told
    text = page.read_text(encoding="utf-8")
    for figure in (precision, recall, *by_record):
        assert f">{figure:.4f}<" in text


def recall_of_comparable(closed: Alliance, night: date, customers: dict[str, str]) -> float:
    """Of the pairs of one person that share an identifier, or name and birth date, those with one customer."""
    ids = truth_table(closed.life, "source_ids").to_pylist()
    person_of = {f"{row['partner']}:{row['source_id']}": row["person_id"] for row in ids}
    wanted = comparable_pairs(closed.lake("forward"), night, person_of)
    return sum(customers[left] == customers[right] for left, right in wanted) / len(wanted)


def test_people_of_one_household_in_truth_are_tied_and_stay_people(closed: Alliance) -> None:
    night = closed.days[1]
    households = read_published(closed.lake("forward"), HOUSEHOLDS, night).to_pylist()
    person = dict(
        zip(*(truth_table(closed.life, "source_ids")[c].to_pylist() for c in ("source_id", "person_id")), strict=True)
    )
    home = dict(
        zip(*(truth_table(closed.life, "people")[c].to_pylist() for c in ("person_id", "household_id")), strict=True)
    )
    homes_of: dict[str, set[int]] = {}
    for name, customer in map_of(closed, night).items():
        homes_of.setdefault(customer, set()).add(home[person[name.split(":")[1]]])
    others = [row for row in households if row["customer_id"] != row["household_id"]]  # who lives with whom else
    assert len(others) >= 5
    right = sum(bool(homes_of[row["customer_id"]] & homes_of[row["household_id"]]) for row in others)
    assert right >= 0.9 * len(others)


def test_every_refusal_of_a_night_has_two_customers(closed: Alliance) -> None:
    night = closed.days[-1]
    refused = read_published(closed.lake("forward"), IDENTITY_REFUSALS, night).to_pylist()
    of = map_of(closed, night)
    assert all(of[row["left_record_id"]] == row["left_customer_id"] != row["right_customer_id"] for row in refused)


def test_t31_whoever_asked_to_be_forgotten_is_in_nothing_that_is_made_of_people(closed: Alliance) -> None:
    lake, night = closed.lake("forward"), closed.days[-1]
    asked = {f"shop:{one}" for one in ever_captured(closed, ERASURE_REQUESTS, "subject_id")}
    delivered = {f"shop:{one}" for one in ever_captured(closed, CAPTURED_SHOP_USERS, "shop_user_id")}
    assert asked & delivered, "the shop has delivered them"
    looked_at = 0
    for dataset in all_datasets():
        is_of_people = LAYERS.index(dataset.layer) >= LAYERS.index("customers") or dataset.address in WHO_IS_SHOWN
        if not isinstance(dataset, Table) or not is_of_people or not (lake / dataset.address).exists():
            continue
        for name in (column.name for column in dataset.columns if column.type == "string"):
            try:
                rows = read_published(lake, dataset, night)
            except FileNotFoundError:
                break  # what a training made lies under other days
            told = rows if dataset != IDENTITY_LEDGER else rows.filter(pc.not_equal(rows["change_type"], "erase"))
            assert not asked & set(told[name].unique().to_pylist()), f"{dataset.address}: {name}"
            looked_at += 1
    assert looked_at > 60


def ever_captured(closed: Alliance, table: Table, column: str) -> set[str]:
    rows = pq.read_table(closed.lake("forward") / table.address, columns=[column], partitioning=None)
    return set(rows[column].to_pylist())
