"""Which records are one person: names say who, and what is shared decides."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa
import pytest

from jobs.customers.comparing import PAIRS, RECORDS, compare, count_candidates
from jobs.customers.match_rules import ERROR_OF, MOST_RECORDS_SHARING
from jobs.customers.verdicts import Verdict
from tests.customers.small_records import Row, random_people, record, records_of, told


def decided(rows: Sequence[Row], **options: object) -> dict[tuple[str, str], tuple[str, str, str | None]]:
    """Pair -> rule, decision and reason."""
    pairs = told(compare(records_of(rows), **options))  # type: ignore[arg-type]
    return {key: (row["matched_by"], row["decision"], row["reason"]) for key, row in pairs.items()}


def test_the_exact_rules_hold_in_their_order_of_priority() -> None:
    rows = [
        record("a:ann", "王小明", "1990-02-01", national_id="A", phone="1", email="a@"),
        record("b:ann", "王小明", "1990-02-01", national_id="A", phone="1", email="a@"),
        record("a:bob", "李小明", "1991-02-01", phone="2", email="b@"),
        record("b:bob", "李小明", "1991-02-01", phone="2", email="b@"),
        record("a:cem", "陈静", "1992-02-01", phone="3"),
        record("b:cem", None, "1992-02-01", phone="3"),
        record("a:dia", "赵敏", phone="4", email="d@"),
        record("b:dia", None, "1993-02-01", phone="4", email="d@"),
        record("a:eve", "周丽娟", email="e@"),
        record("b:eve", "周丽娟", "1994-02-01", email="e@"),
        record("a:fay", "吴玲", phone="6"),
        record("b:fay", "吴玲", "1995-02-01", phone="6"),
    ]
    rules = ("national_id", "email_and_birth_date", "phone_and_birth_date", "phone_and_email")
    names = ("ann", "bob", "cem", "dia", "eve", "fay")
    expected = zip(names, (*rules, "email_and_name", "phone_and_name"), strict=True)
    assert decided(rows) == {(f"a:{name}", f"b:{name}"): (rule, "automatic", None) for name, rule in expected}
    assert told(compare(records_of(rows)))["a:ann", "b:ann"]["match_probability"] == 1 - ERROR_OF["national_id"]


def test_the_same_person_at_three_banks_is_three_pairs() -> None:
    rows = [record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in ("harbour", "meridian", "summit")]
    assert [(left, right) for left, right in decided(rows)] == [
        ("harbour:ann", "meridian:ann"),
        ("harbour:ann", "summit:ann"),
        ("meridian:ann", "summit:ann"),
    ]


def test_a_phone_that_changed_owner_ties_nobody() -> None:
    rows = [
        record("shop:ann", "王小明", "1990-02-01", phone="1", city_code="1", gender="male"),
        record("harbour:bob", "赵秀兰", "1961-07-30", phone="1", city_code="2", gender="female"),
    ]
    assert decided(rows) == {}


def test_a_wedding_is_seen_through_phone_and_email_and_asked_about_with_the_phone_alone() -> None:
    rows = [
        record("a:ann", "王小芳", "1990-02-01", phone="1", email="a@"),
        record("b:ann", "李小芳", "1990-02-01", phone="1", email="a@"),
        record("a:bea", "王秀兰", "1991-02-01", phone="2", national_id="B"),
        record("b:bea", "周秀兰", "1991-02-01", national_id="B"),
        record("a:cem", "王玲", "1992-02-01", phone="3"),
        record("b:cem", "赵玲", "1992-02-01", phone="3"),
    ]
    assert decided(rows) == {
        ("a:ann", "b:ann"): ("email_and_birth_date", "automatic", None),
        ("a:bea", "b:bea"): ("national_id", "automatic", None),
        ("a:cem", "b:cem"): ("phone_and_birth_date", "review", "other_name"),
    }


def test_twins_with_one_phone_and_one_email_are_a_question_and_of_another_gender_never_one_person() -> None:
    born = "1990-02-01"
    home = {"phone": "1", "email": "home@", "city_code": "1"}
    rows = [
        record("shop:ann", "王小芳", born, gender="female", **home),
        record("harbour:twin", "王小敏", born, gender="female", **home),
        record("meridian:bob", "王小芳明", born, gender="male", **home),  # a brother whose name is like hers
        record("summit:ann", "李小芳", born, gender="female", **home),  # after her wedding
        record("tower:nameless", None, born, gender="male", **home),
    ]
    found = {pair: (decision, reason) for pair, (_, decision, reason) in decided(rows).items()}
    asked = ("review", "other_name")
    assert found == {
        ("harbour:twin", "shop:ann"): asked,
        ("harbour:twin", "meridian:bob"): asked,
        ("harbour:twin", "summit:ann"): asked,
        ("harbour:twin", "tower:nameless"): asked,
        ("meridian:bob", "shop:ann"): asked,
        ("meridian:bob", "summit:ann"): asked,
        ("meridian:bob", "tower:nameless"): ("automatic", None),
        ("shop:ann", "summit:ann"): ("automatic", None),
        ("shop:ann", "tower:nameless"): asked,
        ("summit:ann", "tower:nameless"): asked,
    }


def test_another_name_is_a_question_however_sure_the_model_is() -> None:
    rows = [
        record("shop:father", "王伟强", "1961-02-01", phone="1", email="home@", city_code="1", gender="male"),
        record("harbour:son", "王文俊", "1990-07-30", phone="1", email="home@", city_code="1", gender="male"),
    ]
    assert decided(rows) == {("harbour:son", "shop:father"): ("probabilistic", "review", "other_name")}
    assert told(compare(records_of(rows)))["harbour:son", "shop:father"]["match_probability"] > 0.995


def test_one_national_id_of_two_names_and_genders_is_a_question_and_of_two_names_alone_is_none() -> None:
    rows = [
        record("shop:ann", "王小芳", "1990-02-01", national_id="A", gender="female"),
        record("harbour:ann", "wang xiaofang", "1990-02-01", national_id="A", gender="female"),
        record("meridian:x", "赵伟", "1990-02-01", national_id="A", gender="male"),
    ]
    assert {pair: decision for pair, (_, decision, _) in decided(rows).items()} == {
        ("harbour:ann", "shop:ann"): "automatic",
        ("harbour:ann", "meridian:x"): "review",
        ("meridian:x", "shop:ann"): "review",
    }


def test_twins_at_one_address_are_two_people_or_at_least_a_question() -> None:
    born = "1990-02-01"
    rows = [
        record("shop:ann", "王小明", born, phone="1", national_id="A", city_code="1", gender="male"),
        record("harbour:bob", "王小红", born, phone="1", national_id="B", city_code="1", gender="female"),
        record("meridian:cem", "王小亮", born, phone="1", city_code="1", gender="male"),
    ]
    assert decided(rows) == {
        ("harbour:bob", "shop:ann"): ("phone_and_birth_date", "rejected", "conflicting_national_id"),
        ("meridian:cem", "shop:ann"): ("phone_and_birth_date", "review", "other_name"),
        ("harbour:bob", "meridian:cem"): ("phone_and_birth_date", "review", "other_name"),
    }


def test_a_national_id_mistyped_by_one_digit_is_a_question_for_a_person() -> None:
    rows = [
        record("shop:ann", "王小明", "1990-02-01", phone="1", national_id="11010519900201001X"),
        record("harbour:ann", "王小明", "1990-02-01", phone="1", national_id="11010519900201011X"),
    ]
    assert decided(rows) == {("harbour:ann", "shop:ann"): ("phone_and_birth_date", "review", "conflicting_national_id")}


def test_one_national_id_with_another_name_and_birth_date_is_a_question() -> None:
    rows = [
        record("shop:ann", "王小明", "1990-02-01", national_id="A"),
        record("harbour:ann", "赵秀兰", "1961-07-30", national_id="A"),
    ]
    expected = ("national_id", "review", "conflicting_name_and_birth_date")
    assert decided(rows) == {("harbour:ann", "shop:ann"): expected}


def test_t15_what_is_not_given_or_of_too_many_records_ties_nobody() -> None:
    too_many, allowed = range(MOST_RECORDS_SHARING + 1), range(MOST_RECORDS_SHARING)
    rows = [
        *(record(f"shop:{n:02d}", None, "1970-01-01") for n in too_many),  # nothing but a birth date systems fill in
        *(record(f"office:{n:02d}", "王小明", f"19{n + 50}-02-01", phone="office") for n in too_many),
        *(record(f"zeros:{n:02d}", national_id="000000") for n in too_many),
        *(record(f"one:{n:02d}", national_id="1") for n in allowed),
    ]
    pairs = decided(rows)
    assert len(pairs) == MOST_RECORDS_SHARING * (MOST_RECORDS_SHARING - 1) // 2
    assert {left.split(":")[0] for left, _ in pairs} == {"one"}


def test_a_birth_date_that_systems_fill_in_is_not_given() -> None:
    rows = [record(f"{bank}:x", None, "1970-01-01", phone="1", city_code="1") for bank in ("a", "b")]
    assert decided(rows).get(("a:x", "b:x"), ("", "", ""))[0] != "phone_and_birth_date"


def test_a_rare_name_says_more_than_a_common_one() -> None:
    crowd = [record(f"x:{n:04d}", "王芳", f"19{60 + n % 40}-03-{1 + n % 28:02d}") for n in range(600)]
    rows = [
        *crowd,
        record("a:rare", "万俟长卿", "1990-02-01"),
        record("b:rare", "万俟长卿", "1990-02-01"),
        record("a:common", "王芳", "2001-02-01"),
        record("b:common", "王芳", "2001-02-01"),
    ]
    found = told(compare(records_of(rows)))
    rare, common = found["a:rare", "b:rare"], found["a:common", "b:common"]
    assert rare["matched_by"] == common["matched_by"] == "probabilistic"
    assert rare["match_probability"] > common["match_probability"]
    assert rare["evidence"].startswith("national id: not given; phone: not given; email: not given; name: same")


def test_a_verdict_is_honoured_without_any_evidence_and_until_it_is_taken_back() -> None:
    rows = [
        record("a:ann", "王小明", "1990-02-01", phone="1", national_id="A"),
        record("b:ann", "王小明", "1990-02-01", phone="1", national_id="B"),
        record("a:bob", "陈静", "1991-02-01", phone="2"),
        record("b:bob", "陈静", "1991-02-01", phone="2"),
        record("b:zoe", "赵敏", "1992-02-01"),
    ]
    ann, bob, far = ("a:ann", "b:ann"), ("a:bob", "b:bob"), ("a:bob", "b:zoe")
    verdicts = [Verdict(*ann, True), Verdict(*bob, False), Verdict(*far, True), Verdict("a:bob", "b:gone", True)]
    honoured = compare(records_of(rows), verdicts=verdicts)
    assert decided(rows, verdicts=verdicts) == {
        ann: ("reviewed", "automatic", None),
        bob: ("reviewed", "rejected", "reviewer_said_no"),
        far: ("reviewed", "automatic", None),
    }
    assert [row["match_probability"] for row in honoured.to_pylist()] == [None, None, None]
    taken_back = compare(records_of(rows), before=records_of(rows), pairs_before=honoured)
    assert taken_back.equals(compare(records_of(rows)))
    assert told(taken_back)[ann]["decision"] == "review"


def test_without_records_or_with_one_there_is_nothing_to_compare() -> None:
    assert compare(RECORDS.empty_table()).equals(PAIRS.empty_table())
    assert compare(records_of([record("a:ann", phone="1")])).num_rows == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_comparing_what_changed_gives_the_rows_of_comparing_everything(seed: int) -> None:
    chance = random.Random(seed)
    before = random_people(chance, 300)
    changed = [{**row, "source_record_id": f"new:{number}"} for number, row in enumerate(random_people(chance, 30))]
    after = [row for row in before if chance.random() < 0.97] + changed[:10]
    for row, other in zip(after[:20], changed[10:], strict=True):
        changed_row = {**other, "source_record_id": row["source_record_id"]}
        after = [changed_row if one is row else one for one in after]
    office = [record(f"office:{n}", None, f"1980-01-{n + 1:02d}", phone="7") for n in range(MOST_RECORDS_SHARING)]
    after += office  # a phone that becomes too heavy takes away pairs of records that did not change
    ids = sorted(row["source_record_id"] for row in after)
    verdicts = [Verdict(ids[n], ids[n + 1], n % 2 == 0) for n in range(0, 40, 4)]
    pairs_before = compare(records_of(before), verdicts=verdicts[:5])
    full = compare(records_of(after), verdicts=verdicts)
    part = compare(records_of(after), verdicts=verdicts, before=records_of(before), pairs_before=pairs_before)
    assert part.equals(full)
    assert full.num_rows > 100
    assert not full.equals(pairs_before)


def test_t16_new_records_of_other_people_change_no_pair_of_those_who_were_there() -> None:
    rows = random_people(random.Random(16), 400)
    strangers = [
        {**row, "source_record_id": f"new:{number}", "phone_token": f"new{number // 2}", "email_token": None}
        for number, row in enumerate(random_people(random.Random(61), 100))
    ]
    alone = {"national_id_token": None, "full_name_token": None, "full_name_encoding": None}
    known, both = compare(records_of(rows)), compare(records_of([*rows, *({**row, **alone} for row in strangers)]))
    of_known = [row for row in both.to_pylist() if not row["right_record_id"].startswith("new:")]
    assert [row for row in of_known if not row["left_record_id"].startswith("new:")] == known.to_pylist()
    assert both.num_rows > known.num_rows


def test_t17_the_order_of_records_and_the_number_of_threads_change_nothing() -> None:
    rows = random_people(random.Random(17), 400)
    expected = compare(records_of(rows), threads=1)
    random.Random(5).shuffle(rows)
    assert compare(records_of(rows), threads=2).equals(expected)
    assert expected.num_rows > 100


def test_t14_a_key_of_a_hundred_thousand_records_makes_no_pairs_and_is_reported_before_any_is_made() -> None:
    count = 100_000
    names = pa.array([f"shop:{number:06d}" for number in range(count)])
    kiosk = RECORDS.empty_table().to_pydict() | {"source_record_id": names, "phone_token": pa.array(["k"] * count)}
    columns = [kiosk[field.name] if len(kiosk[field.name]) else pa.nulls(count, field.type) for field in RECORDS]
    crowd = pa.table(columns, schema=RECORDS)
    pair = records_of([record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in ("a", "b")])
    records = pa.concat_tables([crowd, pair])
    assert compare(records).num_rows == 1
    phone = next(row for row in count_candidates(records).to_pylist() if row["blocked_by"] == "phone")
    assert phone == {
        "blocked_by": "phone",
        "shared_values": 2,
        "records": count + 2,
        "pairs": 1,
        "pairs_without_limit": count * (count - 1) // 2 + 1,
        "values_left_out": 1,
        "most_records_sharing": count,
    }
