"""JSON lines that stock readers misread: a second object, a repeated key, NaN, an unknown field."""

from __future__ import annotations

import pytest

from jobs.captured.capture import BadSourceError
from schemas.captured.consents import CONSENTS
from tests.captured.deliveries import DAY, Shop, as_json_lines, column, gzipped, refusals

PART = "part-00000.jsonl.gz"
ANN, BOB, CY = {"consent_id": "ann"}, {"consent_id": "bob"}, {"consent_id": "cy"}
GOOD = as_json_lines(CONSENTS, [BOB]).strip().decode()


def deliver(shop: Shop, content: bytes, rows: int) -> None:
    shop.deliver(CONSENTS, {PART: gzipped(content)}, rows)


def deliver_between_two_good_lines(shop: Shop, line: bytes) -> None:
    ann, cy = as_json_lines(CONSENTS, [ANN, CY]).splitlines(keepends=True)
    deliver(shop, ann + line + b"\n" + cy, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD + GOOD, "something follows the object"),
        (GOOD + " 1", "something follows the object"),
        (GOOD[:-1] + ', "consent_id": "eve"}', "a key stands twice"),
        (GOOD[:-1] + ', "bank_code": {"a": 1, "a": 2}}', "a key stands twice"),
        (GOOD.replace('"bob"', "NaN"), "NaN and Infinity are not JSON"),
        (GOOD.replace('"bob"', "-Infinity"), "NaN and Infinity are not JSON"),
        (GOOD[:-9], "not JSON"),
        (GOOD.replace('"bob"', "'bob'"), "not JSON"),
        (GOOD.replace('"bob"', '"b\tb"'), "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('"bob"', "not an object"),
        ("[" + GOOD + "]", "not an object"),
        ("null", "not an object"),
    ],
)
def test_a_line_that_is_not_one_strict_object_costs_itself(shop: Shop, line: str, reason: str) -> None:
    deliver_between_two_good_lines(shop, line.encode())
    capture = shop.capture(CONSENTS)
    assert column(capture, "consent_id") == ["ann", "cy"]
    assert refusals(capture) == [(PART, 2, None, reason)]


def test_a_line_that_is_not_utf8_costs_itself(shop: Shop) -> None:
    deliver_between_two_good_lines(shop, GOOD.encode().replace(b"bob", b"b\xffb"))
    assert refusals(shop.capture(CONSENTS)) == [(PART, 2, None, "not UTF-8")]


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        (GOOD[:-1] + ', "colour": "red"}', "colour", "field is unknown"),
        (GOOD[:-1] + ', "13800138000": "red"}', "(not a column name)", "field is unknown"),
        (GOOD.replace('"consent_id": "bob", ', ""), "consent_id", "field is missing"),
        (GOOD.replace('"bob"', "null"), "consent_id", "is missing"),
        (GOOD.replace('"bob"', '""'), "consent_id", "is missing"),
        (GOOD.replace('"bob"', "12"), "consent_id", "is not of type string"),
        (GOOD.replace('"bob"', "true"), "consent_id", "is not of type string"),
        (GOOD.replace('"bob"', '["bob"]'), "consent_id", "is not of type string"),
        (GOOD.replace('"bob"', '"\\ud800"'), "consent_id", "is not of type string"),
        (GOOD.replace('"bob"', '"b\\u0000b"'), "consent_id", "not text in UTF-8 without NUL"),
        (GOOD.replace("shop_user", "robot"), "subject_type", "not one of the allowed values"),
        (GOOD.replace("2026-04-01T", "2026-02-30T"), "occurred_at", "not a moment with a time zone"),
        (GOOD.replace('"2026-04-01T09:30:00+08:00"', "1775007000"), "occurred_at", "is not of type timestamp"),
    ],
)
def test_an_object_with_a_wrong_field_costs_itself(shop: Shop, line: str, name: str, reason: str) -> None:
    deliver_between_two_good_lines(shop, line.encode())
    capture = shop.capture(CONSENTS)
    assert column(capture, "consent_id") == ["ann", "cy"]
    ((file, number, at, why),) = refusals(capture)
    assert (file, number, at) == (PART, 2, name)
    assert why.startswith(reason)


def test_a_field_that_may_be_missing_may_be_left_out_and_spaces_are_free(shop: Shop) -> None:
    left_out = GOOD.replace('"contact_channel": null, ', "").replace('"bank_code": null, ', "")
    deliver(shop, f" {left_out} \r\n".encode(), 1)
    capture = shop.capture(CONSENTS)
    assert column(capture, "contact_channel") == [None]
    assert capture.counts.quarantined == 0


def test_a_file_cut_within_a_row_loses_that_row_even_where_it_still_reads_well(shop: Shop) -> None:
    deliver(shop, as_json_lines(CONSENTS, [ANN, BOB])[:-1], 2)
    capture = shop.capture(CONSENTS)
    assert column(capture, "consent_id") == ["ann"]
    assert refusals(capture) == [(PART, 2, None, "the file ends within this line")]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"purpose"', b'"aim"', "every row: purpose: field is missing; "),
        (b'"bank_code"', b'"bank"', "every row: bank: field is unknown; "),
    ],
)
def test_t39_a_renamed_field_stops_the_table_even_in_a_small_drop(
    shop: Shop, old: bytes, new: bytes, problem: str
) -> None:
    deliver(shop, as_json_lines(CONSENTS, [ANN, BOB]).replace(old, new), 2)
    with pytest.raises(BadSourceError) as raised:
        shop.capture(CONSENTS)
    assert str(raised.value).startswith(f"captured/consents {DAY}: {problem}")


def test_an_empty_file_has_no_rows(shop: Shop) -> None:
    deliver(shop, b"", 0)
    assert shop.capture(CONSENTS).counts.rows_in == 0
