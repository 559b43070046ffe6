"""Segments, eligibility in its order, wishes over all records of a person, and the hold-out group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from jobs.segments.customer_segments import build
from jobs.segments.hold_out import is_hold_out
from jobs.segments.segment_rules import born_by_to_be_adult
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.applications import APPLICATIONS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.consents import CONSENTS
from schemas.cleaned.contacts import CONTACTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.segments.customer_segments import INELIGIBLE_REASONS, SEGMENTS
from tests.conftest import TableMaker

AS_OF = date(2026, 3, 31)
LAST_MOMENT = "2026-03-31 15:59:59"  # 23:59:59 in Shanghai
NEXT_MORNING = "2026-03-31 16:00:00"
Given = Sequence[dict[str, Any]]


def yes(record: str, **more: Any) -> dict[str, Any]:
    return {"source_record_id": record, "purpose": "marketing", "consent_status": "granted", **more}


def no(record: str, **more: Any) -> dict[str, Any]:
    return {**yes(record, **more), "consent_status": more.get("consent_status", "denied")}


def at_noon(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)} 04:00:00"


@pytest.fixture
def decide(table: TableMaker) -> Any:
    """The segments of customers who differ from a good, active, willing adult by what is given.

    Every customer has a shop record shop:<id>; identities may give more. Profiles, scores: column -> value.
    """

    def decided(
        profiles: dict[str, dict[str, Any]],
        *,
        wishes: Given | None = None,
        identities: Given = (),
        contacts: Given = (),
        applications: Given = (),
        accounts: Given = (),
        shop_users: Given = (),
        bank_customers: Given = (),
        as_of: date = AS_OF,
    ) -> dict[str, Row]:
        usual = {
            "birth_date": "1990-05-05",
            "days_past_due": 0,
            "days_since_last_purchase": 5,
            "days_since_last_event": 1,
            "purchase_count_365d": 10,
            "net_spend_cents_sum_365d": 2_000_000,
        }
        scores = [
            {"customer_id": name, "grade": given.get("grade", "A"), "is_thin_file": given.get("is_thin_file", False)}
            for name, given in profiles.items()
        ]
        described = [
            {"customer_id": name, **usual, **{k: v for k, v in given.items() if k not in ("grade", "is_thin_file")}}
            for name, given in profiles.items()
        ]
        shop_records = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in profiles]
        agreed = [yes(f"shop:{name}") for name in profiles]
        numbered = [{"consent_id": f"w{i}", **wish} for i, wish in enumerate(agreed if wishes is None else wishes)]
        segments = build(
            table(CUSTOMER_PROFILES, described),
            table(CUSTOMER_SCORES, scores),
            table(CONSENTS, numbered),
            table(CONTACTS, contacts),
            table(APPLICATIONS, applications),
            table(ACCOUNTS, accounts),
            table(SHOP_USERS, shop_users),
            table(BANK_CUSTOMERS, bank_customers),
            table(IDENTITIES, [*shop_records, *identities]),
            as_of=as_of,
        )
        decisions = segments.collect()
        assert len({row["customer_id"] for row in decisions}) == len(decisions)
        return {row["customer_id"]: row for row in decisions}

    return decided


def by_customer(decisions: dict[str, Row], column: str) -> dict[str, Any]:
    return {name: row[column] for name, row in decisions.items()}


def test_each_segment_has_its_rule_and_the_first_rule_decides(decide: Any) -> None:
    segments = decide(
        {
            "ann": {},
            "bob": {"net_spend_cents_sum_365d": 1_199_999},
            "carol": {"net_spend_cents_sum_365d": 1_200_000, "grade": "B"},
            "dan": {"grade": "C"},
            "eve": {"grade": "C", "purchase_count_365d": 3},
            "frank": {"grade": "D"},
            "grace": {"is_thin_file": True, "days_past_due": None},
            "gil": {"is_thin_file": True, "days_past_due": None, "grade": "E"},
            "heidi": {"days_since_last_purchase": 90, "days_since_last_event": 30},
            "ivan": {"days_since_last_purchase": None, "days_since_last_event": None},
            "judy": {"grade": "E", "days_since_last_purchase": None, "days_since_last_event": None},
            "ken": {"days_past_due": 30},
            "lea": {"days_past_due": 29},
        }
    )
    assert by_customer(segments, "segment") == {
        "ann": "prime_card",
        "bob": "standard_card",
        "carol": "prime_card",
        "dan": "standard_card",
        "eve": "grow_value",
        "frank": "build_credit",
        "grace": "build_credit",
        "gil": "build_credit",
        "heidi": "reactivate",
        "ivan": "reactivate",
        "judy": "watch",
        "ken": "watch",
        "lea": "prime_card",
    }
    reasons = by_customer(segments, "segment_reason")
    assert reasons["ken"] == "an instalment is 30 or more days past due"
    assert reasons["grace"] == "no instalment history yet"
    assert set(by_customer(segments, "segment").values()) == set(SEGMENTS)


def test_someone_still_looking_around_or_still_buying_needs_no_winning_back(decide: Any) -> None:
    segments = decide(
        {
            "ann": {"days_since_last_purchase": None, "days_since_last_event": 29},
            "bob": {"days_since_last_purchase": 89, "days_since_last_event": None},
        }
    )
    assert "reactivate" not in by_customer(segments, "segment").values()


def test_every_obstacle_has_its_reason(decide: Any) -> None:
    card = {"source_record_id": "shop:frank", "account_type": "credit_card", "opened_at": LAST_MOMENT}
    application = {"bank_code": "harbour", "phone_token": "p-grace", "applied_at": at_noon(10)}
    messages = [
        {"contact_id": f"m{i}", "source_record_id": "shop:heidi", "sent_at": at_noon(i * 9), "is_control": False}
        for i in range(4)
    ]
    names = ["ann", "bob", "carol", "dan", "eve", "frank", "grace", "heidi", "ivan"]
    segments = decide(
        {
            **{name: {} for name in names},
            "bob": {"birth_date": None},
            "carol": {"birth_date": "2008-04-01"},
            "dan": {"days_past_due": 1},
            "eve": {"grade": "D"},
        },
        wishes=[yes(f"shop:{name}") for name in names if name != "ann"],
        accounts=[card],
        applications=[application],
        shop_users=[{"source_record_id": "shop:grace", "phone_token": "p-grace"}],
        contacts=messages,
    )
    expected = dict(zip(names, [*INELIGIBLE_REASONS, None], strict=True))
    assert by_customer(segments, "ineligible_reason") == expected
    assert by_customer(segments, "is_eligible") == {name: name == "ivan" for name in names}


def test_of_several_obstacles_the_first_in_the_contract_is_named(decide: Any) -> None:
    everything = {"birth_date": "2015-01-01", "days_past_due": 90, "grade": "E"}
    segments = decide(
        {"ann": everything, "bob": everything, "carol": {**everything, "birth_date": "1980-01-01"}},
        wishes=[yes("shop:bob"), yes("shop:carol")],
        accounts=[{"source_record_id": "shop:carol", "account_type": "credit_card"}],
    )
    assert by_customer(segments, "ineligible_reason") == {
        "ann": "no_marketing_consent",
        "bob": "under_age",
        "carol": "past_due",
    }


def test_a_person_comes_of_age_on_the_birthday(decide: Any) -> None:
    segments = decide({"ann": {"birth_date": "2008-03-31"}, "bob": {"birth_date": "2008-04-01"}})
    assert by_customer(segments, "ineligible_reason") == {"ann": None, "bob": "under_age"}
    assert born_by_to_be_adult(date(2026, 2, 28)) == date(2008, 2, 28)  # born on the 29th: not yet
    assert born_by_to_be_adult(date(2026, 3, 1)) == date(2008, 3, 1)
    assert born_by_to_be_adult(date(2028, 2, 29)) == date(2010, 2, 28)


def test_who_never_said_anything_is_not_contacted(decide: Any) -> None:
    segments = decide({"ann": {}}, wishes=[yes("shop:ann", purpose="partner_sharing"), yes("shop:nobody")])
    assert by_customer(segments, "is_eligible") == {"ann": False}
    assert by_customer(segments, "contact_channel") == {"ann": None}


def test_the_newest_wish_counts_and_a_later_one_is_not_known_yet(decide: Any) -> None:
    segments = decide(
        {"ann": {}, "bob": {}, "carol": {}, "dan": {}},
        wishes=[
            yes("shop:ann", occurred_at="2026-01-01 00:00:00"),
            no("shop:ann", occurred_at=LAST_MOMENT, consent_status="revoked"),
            no("shop:bob", occurred_at="2026-01-01 00:00:00"),
            yes("shop:bob", occurred_at=LAST_MOMENT),
            yes("shop:carol", occurred_at="2026-01-01 00:00:00"),
            no("shop:carol", occurred_at=NEXT_MORNING),
            yes("shop:dan", occurred_at=NEXT_MORNING),
        ],
    )
    assert by_customer(segments, "is_eligible") == {"ann": False, "bob": True, "carol": True, "dan": False}


def test_t17_of_two_wishes_in_the_same_moment_the_no_counts_in_either_order(decide: Any) -> None:
    moment = "2026-02-02 02:02:02"
    segments = decide(
        {"ann": {}, "bob": {}},
        wishes=[
            yes("shop:ann", occurred_at=moment),
            no("shop:ann", occurred_at=moment),
            no("shop:bob", occurred_at=moment),
            yes("shop:bob", occurred_at=moment),
        ],
    )
    assert by_customer(segments, "is_eligible") == {"ann": False, "bob": False}


def test_a_wish_without_channel_is_about_every_channel_and_the_preferred_one_is_used(decide: Any) -> None:
    names = ["ann", "bob", "carol", "dan", "eve"]
    segments = decide(
        {name: {} for name in names},
        wishes=[
            yes("shop:ann"),
            yes("shop:bob", contact_channel="email"),
            yes("shop:bob", contact_channel="phone"),
            yes("shop:carol", occurred_at="2026-01-01 00:00:00"),
            no("shop:carol", contact_channel="push", occurred_at="2026-02-01 00:00:00"),
            yes("shop:dan", contact_channel="sms", occurred_at="2026-01-01 00:00:00"),
            no("shop:dan", occurred_at="2026-02-01 00:00:00"),
            no("shop:eve", occurred_at="2026-01-01 00:00:00"),
            yes("shop:eve", contact_channel="phone", occurred_at="2026-02-01 00:00:00"),
        ],
    )
    assert by_customer(segments, "contact_channel") == {
        "ann": "push",
        "bob": "email",
        "carol": "sms",
        "dan": None,
        "eve": "phone",
    }


def test_t30_a_no_on_any_record_of_a_merged_person_wins(decide: Any) -> None:
    segments = decide(
        {"ann": {}, "bob": {}},
        identities=[
            {"source_record_id": "harbour:7", "customer_id": "ann"},
            {"source_record_id": "harbour:8", "customer_id": "bob"},
        ],
        wishes=[
            no("harbour:7", occurred_at="2025-01-01 00:00:00", consent_status="revoked"),
            yes("shop:ann", occurred_at="2026-03-01 00:00:00"),
            yes("shop:bob"),
        ],
    )
    assert by_customer(segments, "ineligible_reason") == {"ann": "no_marketing_consent", "bob": None}


def test_a_yes_to_the_marketing_of_one_bank_is_no_yes_to_ours_but_a_no_is_a_no(decide: Any) -> None:
    segments = decide(
        {"ann": {}, "bob": {}},
        wishes=[
            yes("shop:ann", bank_code="harbour"),
            yes("shop:bob", occurred_at="2026-01-01 00:00:00"),
            no("shop:bob", bank_code="harbour", occurred_at="2026-02-01 00:00:00"),
        ],
    )
    assert by_customer(segments, "is_eligible") == {"ann": False, "bob": False}


def test_only_an_open_credit_card_or_an_activated_application_makes_a_card_holder(decide: Any) -> None:
    def account(name: str, **more: Any) -> dict[str, Any]:
        given = {"source_record_id": f"shop:{name}", "account_type": "credit_card", "account_id": name}
        return {"bank_code": "harbour", **given, **more}

    old = {"bank_code": "harbour", "applied_at": at_noon(400), "decision": "approved", "decided_at": at_noon(399)}
    segments = decide(
        {name: {} for name in ("ann", "bob", "carol", "dan", "eve", "frank")},
        accounts=[
            account("ann", closed_at=NEXT_MORNING),
            account("bob", closed_at=LAST_MOMENT),
            account("carol", opened_at=NEXT_MORNING),
            account("dan", account_type="loan"),
        ],
        applications=[
            {"application_id": "1", "national_id_token": "n-eve", "activated_at": at_noon(300), **old},
            {"application_id": "2", "national_id_token": "n-frank", **old},
        ],
        identities=[{"source_record_id": "meridian:5", "customer_id": "eve"}],
        bank_customers=[{"source_record_id": "meridian:5", "national_id_token": "n-eve"}],
        shop_users=[{"source_record_id": "shop:frank", "national_id_token": "n-frank"}],
    )
    assert by_customer(segments, "ineligible_reason") == {
        "ann": "holds_card",
        "bob": None,
        "carol": None,
        "dan": None,
        "eve": "holds_card",
        "frank": None,
    }


def test_t21_the_cool_off_holds_ninety_days_from_application_and_refusal(decide: Any) -> None:
    tokens = ("ann", "bob", "carol", "dan")
    declined = {"decision": "declined", "applied_at": at_noon(120)}
    segments = decide(
        {name: {} for name in (*tokens, "eve")},
        shop_users=[{"source_record_id": f"shop:{name}", "phone_token": f"p-{name}"} for name in tokens],
        applications=[
            {"application_id": "1", "phone_token": "p-ann", "applied_at": at_noon(89)},
            {"application_id": "2", "phone_token": "p-bob", "applied_at": at_noon(90)},
            {"application_id": "3", "phone_token": "p-carol", **declined, "decided_at": at_noon(89)},
            {"application_id": "4", "phone_token": "p-dan", **declined, "decided_at": at_noon(90)},
            {"application_id": "5", "applied_at": at_noon(1)},
        ],
    )
    assert by_customer(segments, "ineligible_reason") == {
        "ann": "applied_recently",
        "bob": None,
        "carol": "applied_recently",
        "dan": None,
        "eve": None,
    }


def test_messages_count_over_all_records_of_thirty_days_and_withheld_ones_do_not(decide: Any) -> None:
    def message(number: int, record: str, days_ago: int, *, withheld: bool = False) -> dict[str, Any]:
        sent = {"contact_id": f"m{number}", "source_record_id": record, "is_control": withheld}
        return {**sent, "sent_at": at_noon(days_ago)}

    segments = decide(
        {"ann": {}, "bob": {}, "carol": {}},
        identities=[{"source_record_id": "harbour:1", "customer_id": "ann"}],
        contacts=[
            *(message(i, "shop:ann", 29) for i in range(2)),
            *(message(i, "harbour:1", 0) for i in range(2, 4)),
            *(message(i, "shop:bob", 3) for i in range(4, 7)),
            message(7, "shop:bob", 30),
            *(message(i, "shop:carol", 3) for i in range(8, 11)),
            message(11, "shop:carol", 3, withheld=True),
        ],
    )
    assert by_customer(segments, "ineligible_reason") == {"ann": "contacted_often", "bob": None, "carol": None}


def test_a_customer_with_many_records_cards_and_applications_is_one_row(decide: Any) -> None:
    segments = decide(
        {"ann": {}},
        identities=[{"source_record_id": f"harbour:{i}", "customer_id": "ann"} for i in range(3)],
        bank_customers=[
            {"source_record_id": f"harbour:{i}", "phone_token": "p", "national_id_token": "n"} for i in range(3)
        ],
        accounts=[
            {"account_id": str(i), "source_record_id": f"harbour:{i}", "account_type": "credit_card"} for i in range(3)
        ],
        applications=[
            {"application_id": str(i), "phone_token": "p", "national_id_token": "n", "applied_at": at_noon(i)}
            for i in range(3)
        ],
        wishes=[yes("shop:ann"), *(yes(f"harbour:{i}") for i in range(3))],
    )
    assert by_customer(segments, "ineligible_reason") == {"ann": "holds_card"}


def test_no_customers_give_no_segments(decide: Any) -> None:
    assert decide({}) == {}


def expected_hold_out(name: str, quarter: str) -> bool:
    digest = hashlib.sha256(f"nightledger hold-out {quarter} {name}".encode()).hexdigest()
    return int(digest[:8], 16) % 20 == 0


def test_t28_the_hold_out_group_can_be_recomputed_and_stays_for_the_quarter(spark: SparkSession) -> None:
    names = [f"c{number}" for number in range(20_000)]
    frame = spark.createDataFrame([(name,) for name in names], "customer_id string")
    days = [date(2026, 1, 1), date(2026, 2, 14), date(2026, 3, 31), date(2026, 4, 1), date(2025, 12, 31)]
    drawn = frame.select("customer_id", *(is_hold_out("customer_id", day).alias(day.isoformat()) for day in days))
    found = {row["customer_id"]: row for row in drawn.collect()}
    quarters = ["2026-Q1", "2026-Q1", "2026-Q1", "2026-Q2", "2025-Q4"]
    for day, quarter in zip(days, quarters, strict=True):
        held_out = {name for name in names if found[name][day.isoformat()]}
        assert held_out == {name for name in names if expected_hold_out(name, quarter)}
        assert 0.045 < len(held_out) / len(names) < 0.055
    both = [name for name in names if found[name]["2026-03-31"] and found[name]["2026-04-01"]]
    assert len(both) < 100  # drawn anew: a twentieth of a twentieth is 50


def test_t28_being_held_out_has_nothing_to_do_with_being_eligible(decide: Any) -> None:
    names = [f"c{number}" for number in range(60)]
    segments = decide({name: {} for name in names}, wishes=[yes(f"shop:{name}") for name in names[::2]])
    assert by_customer(segments, "is_hold_out") == {name: expected_hold_out(name, "2026-Q1") for name in names}
    assert any(expected_hold_out(name, "2026-Q1") for name in names)
