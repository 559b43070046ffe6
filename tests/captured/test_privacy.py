"""No raw name, phone, e-mail, identity number or address leaves the capture: not in rows, quarantine or errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.captured.capture import BadSourceError, Capture
from jobs.captured.file_drop import capture_file_drop
from jobs.captured.postgres import capture_banks
from jobs.settings import SettingsError
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.shop_events import SHOP_EVENTS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_users import SHOP_USERS
from tests.captured.conftest import Banks
from tests.captured.deliveries import DAY, Row, Shop, as_csv, as_json_lines, as_parquet, gzipped, staged

PEOPLE = 50
MOMENT = "2026-04-01T09:30:00+08:00"


def identity_number(number: int) -> str:
    """With a check character that fits: one without would have no token, and nothing to hide."""
    digits = f"1101051949123{number:04d}"
    remainder = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11
    return digits + "10X98765432"[remainder]


def person(number: int) -> dict[str, str]:
    return {
        "full_name": f"Plantagenet{number:02d}",
        "phone": f"1380013{number:04d}",
        "email": f"planted.{number:02d}@example.com",
        "national_id": identity_number(number),
    }


SECRETS = [value for number in range(PEOPLE) for value in person(number).values()] + ["Secret Street", "10.77."]


def told(capture: Capture) -> Iterable[str]:
    """All that a capture leaves behind, as text: decoded rows, raw bytes of the files, quarantine, notes."""
    yield from map(str, staged(capture))
    yield from (path.read_bytes().decode("latin-1") for path in capture.files)
    yield str(capture.quarantine.to_pylist())
    yield str((capture.notes, capture.source_digests, capture.counts, capture.cents))


def assert_nothing_told(texts: Iterable[str]) -> None:
    everything = "\n".join(texts).lower()
    assert [secret for secret in SECRETS if secret.lower() in everything] == []


def test_no_raw_value_of_fifty_people_leaves_the_files_of_the_shop(shop: Shop) -> None:
    users = [{"shop_user_id": f"u{number}", **person(number)} for number in range(PEOPLE)]
    content = as_csv(SHOP_USERS, users) + b'u90,"Plantagenet01\n' + b"Plantagenet02,13800130002\n"
    shop.deliver(SHOP_USERS, {"part-00000.csv.gz": gzipped(content)}, PEOPLE + 2)
    captured = shop.capture(SHOP_USERS)
    assert (captured.counts.rows_out, captured.counts.quarantined) == (PEOPLE, 2)
    assert len({row["phone_token"] for row in staged(captured)}) == PEOPLE
    assert_nothing_told(told(captured))

    orders: list[Row] = [
        {"order_id": f"o{n}", "shipping_address": f"Secret Street {n}", "recipient_phone": person(n)["phone"]}
        for n in range(PEOPLE)
    ]
    orders += [{**orders[0], "order_status": "paid"}, {**orders[1], "order_id": None}]
    shop.deliver(SHOP_ORDERS, {"part-00000.parquet": as_parquet(SHOP_ORDERS, orders)}, PEOPLE + 2)
    captured = shop.capture(SHOP_ORDERS)
    assert captured.counts.quarantined == 2
    assert_nothing_told(told(captured))

    events = [{"event_id": f"e{number}", "ip_address": f"10.77.0.{number}"} for number in range(PEOPLE)]
    broken = b'{"event_id": "e99", "Plantagenet03": "13800130003"}\n{"ip_address": "10.77.0.1",\n'
    content = as_json_lines(SHOP_EVENTS, events) + broken
    shop.deliver(SHOP_EVENTS, {"part-00000.jsonl.gz": gzipped(content)}, PEOPLE + 2)
    captured = shop.capture(SHOP_EVENTS)
    assert captured.counts.quarantined == 2
    assert_nothing_told(told(captured))
    assert not list(shop.settings.scratch.rglob("*.partial"))


def test_no_raw_value_leaves_the_banks(banks: Banks, tmp_path: Path) -> None:
    values = ", ".join(
        f"('c{n}', '{p['full_name']}', '{p['phone']}', '{p['email']}', '{p['national_id']}', 2, '{MOMENT}', '{MOMENT}')"
        for n, p in ((number, person(number)) for number in range(PEOPLE))
    )
    columns = "bank_customer_id, full_name, phone, email, national_id, kyc_level, opened_at, updated_at"
    insert = f"INSERT INTO bank.customers ({columns}) VALUES "
    banks.run("harbour", insert + values, insert + values.replace(", 2, ", ", 3, ").split("), (")[0] + ")")
    captured = capture_banks([BANK_CUSTOMERS], DAY, banks.settings, tmp_path)[BANK_CUSTOMERS.address]
    assert (captured.counts.rows_out, captured.counts.quarantined) == (PEOPLE, 1)
    assert_nothing_told(told(captured))


@pytest.mark.parametrize(
    "content",
    [
        as_csv(SHOP_USERS, [person(1)]).splitlines(keepends=True)[1],
        as_csv(SHOP_USERS, [person(1)]).replace(b"gender", b"Plantagenet01"),
        as_csv(SHOP_USERS, [{**person(n), "is_real_name_verified": person(n)["phone"]} for n in range(PEOPLE)]),
    ],
)
def test_no_raw_value_stands_in_an_error_or_in_what_led_to_it(shop: Shop, content: bytes) -> None:
    shop.deliver(SHOP_USERS, {"part-00000.csv.gz": gzipped(content)}, content.count(b"\n") - 1)
    with pytest.raises(BadSourceError) as raised:
        shop.capture(SHOP_USERS)
    errors = []
    error: BaseException | None = raised.value
    while error is not None:
        errors.append(str(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert_nothing_told(errors)


def test_without_a_key_nothing_is_read(shop: Shop) -> None:
    shop.deliver(SHOP_USERS, {"part-00000.csv.gz": gzipped(as_csv(SHOP_USERS, [person(1)]))}, 1)
    with pytest.raises(SettingsError, match="NIGHTLEDGER_KEYS_FILE is not set"):
        capture_file_drop(SHOP_USERS, DAY, replace(shop.settings, keys_file=None), shop.staging)
    assert not shop.settings.scratch.exists()
