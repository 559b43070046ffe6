"""The counts of a night."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from jobs.customers.identity_quality import build
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import IDENTITY_LEDGER
from schemas.customers.identity_quality import JUDGED, MEASURES
from schemas.customers.identity_refusals import IDENTITY_REFUSALS
from schemas.customers.record_pairs import RECORD_PAIRS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows
from tests.customers.people import pair

AS_OF = date(2026, 4, 1)
JUDGED_COLUMNS = ("measure", "row_count", "share")

CUSTOMERS = {
    "ann": ("shop:1", "shop:2", "harbour:1", "harbour:2"),  # two at the shop, two at the bank, one pair between
    "bob": ("shop:3", "harbour:3"),
    "cem": ("shop:4",),
    "dia": ("harbour:4",),
}
PAIRS = [
    pair("shop:1", "shop:2", "national_id", 0.999),
    pair("harbour:1", "harbour:2", "national_id", 0.999),
    pair("harbour:1", "shop:1", "phone_and_birth_date", 0.995),
    pair("harbour:3", "shop:3", "phone_and_birth_date", 0.99),
    pair("harbour:4", "shop:4", "phone_and_birth_date", 0.98),  # refused
    pair("harbour:3", "shop:4", "phone_and_birth_date", 0.7, decision="review"),
    pair("harbour:2", "shop:3", "phone_and_birth_date", 0.2, decision="rejected"),
]
WEAKEST = {"ann": 0.995, "bob": 0.29}


def test_t17_a_night_is_counted_by_size_partner_rule_and_reason_in_whatever_layout(table: TableMaker) -> None:
    people = [
        {
            "source_record_id": name,
            "customer_id": customer,
            "previous_customer_id": None if name == "shop:2" else "ann" if customer == "bob" else customer,
            "is_shown": True,
            "has_bridge": customer == "ann",
            "weakest_match_probability": WEAKEST.get(customer),
        }
        for customer, names in CUSTOMERS.items()
        for name in names
    ]
    gone = {**people[0], "source_record_id": "shop:gone", "customer_id": "gone", "is_shown": False}
    refusals = table(
        IDENTITY_REFUSALS, [{"left_record_id": "harbour:4", "right_record_id": "shop:4", "reason": "two_candidates"}]
    )
    changes = [("shop:2", "join", None), ("shop:3", "split", "ann"), ("harbour:3", "split", "ann")]
    names = ("source_record_id", "change_type", "from_customer_id")
    ledger = table(IDENTITY_LEDGER, [dict(zip(names, change, strict=True)) for change in changes])
    for identities in in_every_layout(table, IDENTITIES, [*people, gone]):
        given = (identities, table(RECORD_PAIRS, PAIRS), refusals, ledger)
        counted = rows(build(*given, as_of=AS_OF), "measure", "part", "row_count")
        assert {measure for measure, *_ in counted} == set(MEASURES)
        shares = rows(build(*given, as_of=AS_OF).where("moved_share IS NOT NULL"), "measure", "moved_share")
        assert shares == [("known_records_moved", 2 / 7)]
        assert counted == sorted(
            [
                ("customers_by_record_count", "01", 2),
                ("customers_by_record_count", "02", 1),
                ("customers_by_record_count", "04", 1),
                ("customers_by_weakest_match", "0", 1),
                ("customers_by_weakest_match", "0.995", 1),
                ("customers_with_bridge", "all", 1),
                ("known_records", "all", 7),
                ("known_records_moved", "all", 2),
                ("over_linked_records", "harbour", 2),
                ("over_linked_records", "shop", 2),
                ("pairs_automatic", "national_id", 2),
                ("pairs_automatic", "phone_and_birth_date", 3),
                ("pairs_followed", "all", 4),
                ("pairs_followed_bridges", "all", 1),
                ("pairs_refused", "two_candidates", 1),
                ("pairs_rejected", "phone_and_birth_date", 1),
                ("pairs_review", "phone_and_birth_date", 1),
                ("records", "harbour", 4),
                ("records", "shop", 4),
                ("records_alone", "harbour", 1),
                ("records_alone", "shop", 1),
                ("records_changed", "join", 1),
                ("records_changed", "split", 2),
                ("under_linked_records", "harbour", 2),
                ("under_linked_records", "shop", 1),
            ],
            key=lambda row: tuple((value is None, str(value)) for value in row),
        )


def test_where_some_people_are_known_the_night_says_how_right_it_was_and_else_nothing(table: TableMaker) -> None:
    people = [
        {"source_record_id": name, "customer_id": customer, "is_shown": name != "shop:4"}
        for customer, names in {
            "ann": ("shop:1", "shop:2", "harbour:1"),
            "bob": ("shop:3",),
            "cem": ("shop:4",),
        }.items()
        for name in names
    ]
    given = (table(IDENTITIES, people), *(table(one, []) for one in (RECORD_PAIRS, IDENTITY_REFUSALS, IDENTITY_LEDGER)))
    of_people = {
        "shop:1": "p1",
        "shop:2": "p1",
        "harbour:1": "p2",
        "shop:3": "p2",
        "shop:4": "p1",
        "shop:unknown": "p9",
    }
    labelled = pa.table({"source_record_id": list(of_people), "person_id": list(of_people.values())})
    told = [
        row for row in rows(build(*given, labelled_records=labelled, as_of=AS_OF), *JUDGED_COLUMNS) if row[0] in JUDGED
    ]
    assert told == [
        ("b_cubed_precision", 4, (2 / 3 + 2 / 3 + 1 / 3 + 1) / 4),
        ("b_cubed_recall", 4, (1 + 1 + 1 / 2 + 1 / 2) / 4),
        ("pair_precision", 3, 1 / 3),
        ("pair_recall", 2, 1 / 2),
    ]
    nobody = labelled.slice(5)
    for without in (None, nobody):
        counted = rows(build(*given, labelled_records=without, as_of=AS_OF), "measure", "share")
        assert {share for _, share in counted} == {None}
        assert not {measure for measure, _ in counted} & set(JUDGED)


def test_without_records_what_is_counted_of_all_is_zero(table: TableMaker) -> None:
    nothing = (table(one, []) for one in (IDENTITIES, RECORD_PAIRS, IDENTITY_REFUSALS, IDENTITY_LEDGER))
    counted = rows(build(*nothing, as_of=AS_OF), "part", "row_count")
    assert counted == [("all", 0)] * 5
