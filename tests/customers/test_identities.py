"""Who is who: records are named after the person they belong to in truth, with the partner before a colon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from pyspark.sql import DataFrame

from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.customers.people import Row, customers, identified, pair, people, record

AS_OF = date(2026, 4, 1)


def built(
    table: TableMaker, records: Sequence[Row], previous: DataFrame | None = None, partitions: int = 1
) -> DataFrame:
    return identified(table, records, as_of=AS_OF, previous=previous, partitions=partitions)


TWO_RULES = [
    record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
    record("harbour:ann", national_id="A"),
    record("meridian:ann", phone="1", born="1990-01-01"),
    record("shop:bob", phone="2", born="1991-01-01"),
    record("harbour:bob", phone="2", born="1991-01-01"),
    record("shop:cem", phone="2", born="1992-01-01"),  # shares a phone, was born on another day
    record("shop:dia", phone="3"),
    record("harbour:dia", phone="3"),  # without birth date a phone ties nobody
    record("harbour:eve"),
    record("shop:eve"),  # nothing given ties nobody
]


@pytest.mark.parametrize("partitions", [1, 7])
def test_t17_records_are_tied_by_national_id_and_by_phone_and_birth_date_in_whatever_layout(
    table: TableMaker, partitions: int
) -> None:
    records = TWO_RULES if partitions == 1 else TWO_RULES[::-1]
    identities = built(table, records, partitions=partitions)
    columns = ("matched_by", "matched_record_id", "weakest_match_probability", "has_bridge", "is_shown")
    alone = ("alone", None, None, False, True)
    assert {name: tuple(told) for name, *told in rows(identities, "source_record_id", *columns)} == {
        "shop:ann": ("national_id", "harbour:ann", 0.9995, False, True),
        "harbour:ann": ("national_id", "shop:ann", 0.9995, False, True),
        "meridian:ann": ("phone_and_birth_date", "shop:ann", 0.9995, False, True),
        "shop:bob": ("phone_and_birth_date", "harbour:bob", 0.9995, False, True),
        "harbour:bob": ("phone_and_birth_date", "shop:bob", 0.9995, False, True),
        **dict.fromkeys(("shop:cem", "shop:dia", "harbour:dia", "shop:eve", "harbour:eve"), alone),
    }
    of = customers(identities)
    assert of["shop:ann"] == of["harbour:ann"] == of["meridian:ann"]
    assert of["shop:bob"] == of["harbour:bob"]
    assert len(set(of.values())) == 7


def test_two_national_ids_never_become_one_person_not_even_through_a_third_record(table: TableMaker) -> None:
    records = [
        record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
        record("shop:twin", national_id="B", phone="1", born="1990-01-01"),
        record("harbour:ann-or-twin", phone="1", born="1990-01-01"),
        record("harbour:bob", national_id="C", phone="2", born="1991-01-01"),
        record("meridian:bob", national_id="C", phone="3", born="1991-01-01"),
        record("shop:bob", phone="2", born="1991-01-01"),
        record("shop:bob-new-phone", phone="3", born="1991-01-01"),
    ]
    assert people(built(table, records)) == [
        {"harbour:ann-or-twin"},
        {"harbour:bob", "meridian:bob", "shop:bob", "shop:bob-new-phone"},
        {"shop:ann"},
        {"shop:twin"},
    ]


def night_before(table: TableMaker, customers: dict[str, tuple[str, str]]) -> DataFrame:
    """Last night's identities: record -> customer and the day the customer id was given."""
    return table(
        IDENTITIES,
        [
            {"source_record_id": name, "customer_id": customer, "customer_since_date": since}
            for name, (customer, since) in customers.items()
        ],
    )


def test_t16_a_customer_keeps_its_id_as_records_come_go_and_move(table: TableMaker) -> None:
    previous = night_before(
        table,
        {
            "shop:ann": ("c-ann", "2026-03-01"),
            "shop:bob": ("c-bob", "2026-03-02"),
            "harbour:bob": ("c-bob", "2026-03-02"),
            "meridian:bob": ("c-other", "2026-01-01"),  # older, and with fewer of bob's records
            "shop:cem": ("c-young", "2026-03-09"),
            "harbour:cem": ("c-old", "2026-03-08"),  # as many records: the older id stays
            "shop:dia": ("c-same-b", "2026-03-01"),
            "harbour:dia": ("c-same-a", "2026-03-01"),  # as old: the smaller id stays
            "shop:eve": ("c-eve", "2026-03-01"),
            "harbour:eve": ("c-eve", "2026-03-01"),
            "meridian:eve": ("c-eve", "2026-03-01"),  # turns out to be somebody else
            "shop:gone": ("c-gone", "2026-02-01"),
        },
    )
    records = [
        record("shop:ann", national_id="A"),
        record("harbour:ann", national_id="A"),
        *(record(f"{partner}:bob", national_id="B") for partner in ("shop", "harbour", "meridian")),
        *(record(f"{partner}:cem", national_id="C") for partner in ("shop", "harbour")),
        *(record(f"{partner}:dia", national_id="D") for partner in ("shop", "harbour")),
        *(record(f"{partner}:eve", national_id="E") for partner in ("shop", "harbour")),
        record("meridian:eve", national_id="not eve"),
        record("shop:new"),
    ]
    found = {
        name: (customer, str(since))
        for name, customer, since in rows(
            built(table, records, previous), "source_record_id", "customer_id", "customer_since_date"
        )
    }
    assert found["shop:ann"] == found["harbour:ann"] == ("c-ann", "2026-03-01")
    assert {found[f"{partner}:bob"] for partner in ("shop", "harbour", "meridian")} == {("c-bob", "2026-03-02")}
    assert found["shop:cem"] == found["harbour:cem"] == ("c-old", "2026-03-08")
    assert found["shop:dia"] == found["harbour:dia"] == ("c-same-a", "2026-03-01")
    assert found["shop:eve"] == found["harbour:eve"] == ("c-eve", "2026-03-01")
    assert found["shop:gone"] == ("c-gone", "2026-02-01")
    new_ids = {found["meridian:eve"], found["shop:new"]}
    assert len(new_ids) == 2
    assert all(len(customer) == 25 and since == str(AS_OF) for customer, since in new_ids)
    assert set(found) == {row["source_record_id"] for row in records} | {"shop:gone"}


def test_a_previous_id_goes_to_one_cluster_only_even_when_two_hold_as_many_of_its_records(table: TableMaker) -> None:
    previous = night_before(table, {f"shop:{name}": ("c-both", "2026-03-01") for name in ("ann", "bob")})
    records = [record("shop:bob", national_id="B"), record("shop:ann", national_id="A")]
    found = dict(rows(built(table, records, previous), "source_record_id", "customer_id"))
    assert found["shop:ann"] == "c-both"  # the smaller record
    assert found["shop:bob"] != "c-both"


def test_whoever_lost_an_id_to_another_cluster_goes_on_with_one_that_nobody_claimed(table: TableMaker) -> None:
    previous = night_before(
        table,
        {
            **{f"shop:a{n}": ("c-both", "2026-03-01") for n in range(3)},
            **{f"shop:b{n}": ("c-both", "2026-03-01") for n in range(2)},
            "harbour:b": ("c-free", "2026-03-02"),
            "harbour:c": ("c-free", "2026-03-02"),  # stays with nobody else: one of two records is no more than another
        },
    )
    ids = {"harbour:b": "B", "harbour:c": "C"} | {
        f"shop:{name}": name[0].upper() for name in ("a0", "a1", "a2", "b0", "b1")
    }
    found = customers(built(table, [record(name, national_id=of) for name, of in ids.items()], previous))
    assert {found[f"shop:a{n}"] for n in range(3)} == {"c-both"}
    assert found["harbour:c"] == "c-free", "its first claim counts before the second one of others"
    assert found["shop:b0"] == found["shop:b1"] == found["harbour:b"] not in ("c-both", "c-free")
    found = customers(built(table, [record(name, national_id=of) for name, of in ids.items() if of != "C"], previous))
    assert {found[name] for name in ("shop:b0", "shop:b1", "harbour:b")} == {"c-free"}


NIGHTS = tuple(date(2026, 4, day) for day in (1, 2, 3, 4))


def test_t16_the_next_night_with_equal_records_changes_nothing(table: TableMaker) -> None:
    first = identified(table, TWO_RULES, as_of=date(2026, 3, 31))
    kept = [name for name in IDENTITIES.column_names if name != "previous_customer_id"]
    night = built(table, TWO_RULES, previous=first)
    assert rows(night, *kept) == rows(first, *kept)
    assert rows(night, "customer_id") == rows(night, "previous_customer_id")


def test_t16_unrelated_new_people_change_no_id_of_others(table: TableMaker) -> None:
    first = identified(table, TWO_RULES, as_of=date(2026, 3, 31))
    arrived = [record(f"{partner}:new-{n}", national_id=f"N{n}") for n in range(50) for partner in ("shop", "harbour")]
    night = customers(built(table, [*arrived, *TWO_RULES], previous=first))
    assert customers(first).items() <= night.items()
    assert len(set(night.values())) == 7 + 50


def test_t16_merged_and_split_again_both_ids_come_to_rest_and_a_replayed_night_gives_the_old_map(
    table: TableMaker,
) -> None:
    apart = [
        *(record(f"{partner}:ann", national_id="A") for partner in ("shop", "harbour", "meridian")),
        *(record(f"{partner}:bob", national_id="B") for partner in ("shop", "harbour")),
    ]
    one_person = [{**row, "national_id_token": "A"} for row in apart]
    maps: list[DataFrame] = []
    for night, records in zip(NIGHTS, (apart, one_person, apart, apart), strict=True):
        maps.append(identified(table, records, as_of=night, previous=maps[-1] if maps else None).localCheckpoint())
    first, merged, parted, after = (customers(map_) for map_ in maps)
    assert set(merged.values()) == {first["shop:ann"]}, "the customer with most records stays"
    assert {parted[name] for name in first if name.endswith("ann")} == {first["shop:ann"]}
    assert parted["shop:bob"] == parted["harbour:bob"]
    assert parted["shop:bob"] not in first.values(), "an id that was given away never comes back"
    assert after == parted
    for number in (1, 0, 2):
        records = (apart, one_person, apart)[number]
        again = identified(table, records, as_of=NIGHTS[number], previous=maps[number - 1] if number else None)
        assert rows(again, *IDENTITIES.column_names) == rows(maps[number], *IDENTITIES.column_names)


def test_of_a_customer_with_an_erased_record_the_rest_stays_and_what_only_it_knew_is_forgotten(
    table: TableMaker,
) -> None:
    held_by_all = [record(f"{partner}:ann", national_id="A") for partner in ("shop", "harbour", "meridian")]
    held_by_one = [
        record("shop:bob", phone="1", born="1990-01-01"),
        record("harbour:bob", national_id="B", phone="1", born="1990-01-01"),
        record("meridian:bob-too", national_id="B"),
        record("meridian:bob-old", national_id="B"),
    ]
    gone_before = record("shop:cem")
    before = built(table, [*held_by_all, *held_by_one, gone_before])
    erased = {"harbour:ann", "harbour:bob", "shop:cem"}
    left = [row for row in (*held_by_all, *held_by_one) if row["source_record_id"] not in {*erased, "meridian:ann"}]
    asked = ["harbour:ann", "harbour:bob", "shop:cem", "meridian:ann"]
    night = identified(table, left, as_of=date(2026, 4, 2), previous=before, asked=asked)
    of_night, of_before = customers(night), customers(before)
    assert set(of_before) - set(of_night) == set(asked), "shown or not, no row is left of whoever asked"
    moved = {name for name, customer in of_night.items() if customer != of_before[name]}
    assert moved == {"shop:bob"}, "only the erased record tied it to the others"
    later = identified(table, left, as_of=date(2026, 4, 3), previous=night, asked=asked)
    assert customers(later) == of_night


def test_a_record_that_is_gone_goes_with_its_customer_where_all_others_went_to_one(table: TableMaker) -> None:
    previous = night_before(
        table,
        {
            **{f"{partner}:ann": ("c-ann", "2026-03-01") for partner in ("shop", "harbour", "summit")},
            "meridian:ann": ("c-ann-too", "2026-03-02"),
            "shop:ann-gone": ("c-ann-too", "2026-03-02"),  # its customer is merged into ann
            "meridian:bob": ("c-bob", "2026-03-03"),
            "shop:bob-gone": ("c-bob", "2026-03-03"),  # its customer stays
            **{f"{partner}:dia": ("c-dia", "2026-03-04") for partner in ("shop", "harbour", "summit")},
            **{f"{partner}:eve": ("c-eve", "2026-03-05") for partner in ("shop", "harbour", "summit")},
            "meridian:dia": ("c-both", "2026-03-06"),
            "meridian:eve": ("c-both", "2026-03-06"),
            "shop:whose": ("c-both", "2026-03-06"),  # nobody can say with whom it went
        },
    )
    names = [name for name in customers(previous) if "gone" not in name and "whose" not in name]
    night = built(table, [record(name, national_id=name.split(":")[1]) for name in names], previous)
    told = {name: (of, is_shown) for name, of, is_shown in rows(night, "source_record_id", "customer_id", "is_shown")}
    assert told["shop:ann-gone"] == ("c-ann", False)
    assert told["shop:bob-gone"] == ("c-bob", False)
    assert told["meridian:dia"] == ("c-dia", True)
    assert told["meridian:eve"] == ("c-eve", True)
    assert told["shop:whose"] == ("c-both", False)
    since = dict(rows(night, "source_record_id", "customer_since_date"))
    assert str(since["shop:ann-gone"]) == "2026-03-01"


def test_a_reviewers_decision_holds_and_its_reversal_holds_too(table: TableMaker) -> None:
    records = [record("shop:ann", national_id="A"), record("harbour:ann", national_id="A with a typing error")]
    said = {
        word: pair("harbour:ann", "shop:ann", "reviewed", None, decision=word) for word in ("automatic", "rejected")
    }
    before = built(table, records)
    assert len(people(before)) == 2
    yes = identified(table, records, pairs=[said["automatic"]], previous=before, as_of=NIGHTS[1])
    assert rows(yes, "matched_by", "match_probability") == [("reviewed", 1.0)] * 2
    assert len(people(yes)) == 1
    no = identified(table, records, pairs=[said["rejected"]], previous=yes, as_of=NIGHTS[2])
    assert len(people(no)) == 2


def test_without_records_there_is_nobody(table: TableMaker) -> None:
    assert rows(built(table, []), "source_record_id") == []
