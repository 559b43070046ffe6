"""An offer that was right when it was built is asked about once more before it is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.errors import StepMissingError
from jobs.exports import hand_over
from jobs.inputs import night
from jobs.lake import Lake
from jobs.road import Road
from jobs.settings import read_settings
from jobs.shared.last_check import REASONS, check_again
from jobs.storage_local import LocalStorage
from schemas.captured import bank_customers, consents, erasure_requests
from schemas.cleaned.consents import CONSENTS
from schemas.customers.identities import IDENTITIES
from schemas.shared.partner_offers import PARTNER_OFFERS
from tests.conftest import TableMaker, rows
from tests.published_rows import publish_rows
from tests.shared.test_partner_offers import KEYS, token, wish

NIGHT, MORNING = date(2026, 3, 31), date(2026, 4, 1)
PEOPLE = ("ann", "bob", "carol", "dan")


def offered(*names: str, bank: str = "harbour", **more: Any) -> list[dict[str, Any]]:
    usual = {"bank_code": bank, "contact_channel": "push", "expires_date": date(2026, 4, 30)}
    return [{**usual, "customer_token": token(name, bank), **more} for name in names]


def agreed(name: str) -> list[dict[str, Any]]:
    given = wish(f"shop:{name}", occurred_at="2026-01-01 12:00:00")
    return [given, {**given, "purpose": "marketing"}]


def checked(
    table: TableMaker,
    offers: Sequence[dict[str, Any]],
    wishes: Sequence[dict[str, Any]] = (),
    erased: Sequence[str] = (),
    keys: Any = KEYS,
) -> dict[str, str | None]:
    """Why the offer of each customer is withheld, None where it is not; all had agreed to everything before."""
    said = [one for name in PEOPLE for one in agreed(name)] + [
        {"occurred_at": "2026-04-01 03:00:00", "consent_status": "revoked", **one} for one in wishes
    ]
    found = check_again(
        table(PARTNER_OFFERS, offers),
        table(IDENTITIES, [{"source_record_id": f"shop:{name}", "customer_id": name} for name in PEOPLE]),
        table(CONSENTS, [{"consent_id": f"w{number}", **one} for number, one in enumerate(said)]),
        table(
            erasure_requests.ERASURE_REQUESTS,
            [{"request_id": name, "subject_type": "shop_user", "subject_id": name} for name in erased],
        ),
        known_by=MORNING,
        recipient_keys=keys,
    )
    assert found.columns == [*PARTNER_OFFERS.column_names, "withheld_because"]
    names = {token(name, bank): name for bank in KEYS for name in PEOPLE}
    return {names[given]: because for given, because in rows(found, "customer_token", "withheld_because")}


def test_t29_who_has_withdrawn_since_the_night_is_withheld_with_the_reason(table: TableMaker) -> None:
    found = checked(
        table,
        offered(*PEOPLE),
        [
            {"source_record_id": "shop:ann", "purpose": "partner_sharing", "bank_code": "harbour"},
            {"source_record_id": "shop:bob", "purpose": "marketing", "contact_channel": "push"},
            {"source_record_id": "shop:dan", "purpose": "partner_sharing", "bank_code": "meridian"},
            {"source_record_id": "shop:dan", "purpose": "marketing", "contact_channel": "sms"},
        ],
        erased=["carol"],
    )
    assert found == {"ann": "sharing_withdrawn", "bob": "channel_withdrawn", "carol": "erased", "dan": None}


def test_a_withdrawal_of_the_day_after_the_last_captured_one_is_not_known_yet(table: TableMaker) -> None:
    late = {"source_record_id": "shop:ann", "purpose": "partner_sharing", "bank_code": "harbour"}
    assert checked(table, offered("ann"), [{**late, "occurred_at": "2026-04-02 12:00:00"}]) == {"ann": None}
    assert checked(table, offered("ann"), [{**late, "occurred_at": "2026-04-01 12:00:00"}]) == {
        "ann": "sharing_withdrawn"
    }


def test_what_is_out_of_date_or_under_another_key_is_not_handed_over(table: TableMaker) -> None:
    assert checked(table, offered("ann", expires_date=date(2026, 3, 31))) == {"ann": "expired"}
    assert checked(table, offered("ann", expires_date=MORNING)) == {"ann": None}
    rotated = {**KEYS, "harbour": ("v2", bytes(32))}
    assert checked(table, offered("ann"), keys=rotated) == {"ann": "not_recognised"}
    assert set(REASONS) == {"not_recognised", "erased", "sharing_withdrawn", "channel_withdrawn", "expired"}


def capture(lake: Lake, day: date, wishes: Sequence[dict[str, Any]]) -> None:
    """The three captured tables of a day that an export looks at."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    said = [{"consent_id": f"{day} {number}", "subject_type": "shop_user", "occurred_at": moment, "captured_date": day,
             "consent_status": "granted", "contact_channel": None, "bank_code": None, **one}
            for number, one in enumerate(wishes)]  # fmt: skip
    publish_rows(lake, consents.CONSENTS, night(day), said)
    publish_rows(lake, bank_customers.BANK_CUSTOMERS, night(day), [])
    publish_rows(lake, erasure_requests.ERASURE_REQUESTS, night(day), [])


@pytest.fixture
def road(tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Road:
    """A lake with a night that offers ann and bob to harbour, and a captured morning on which ann withdraws."""
    settings = read_settings(
        {
            "NIGHTLEDGER_LAKE": str(tmp_path / "lake"),
            "NIGHTLEDGER_SCRATCH": str(tmp_path / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(NIGHT),
            "NIGHTLEDGER_BANKS": "harbour,meridian",
            "NIGHTLEDGER_BANK_HARBOUR_URL": "postgresql://nobody@nowhere/harbour",
            "NIGHTLEDGER_BANK_MERIDIAN_URL": "postgresql://nobody@nowhere/meridian",
        }
    )
    found = Road(settings, Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch"))
    found.sessions.opened |= {"compiling": spark, "interpreting": spark}
    monkeypatch.setattr(found.needs, "value", lambda _name, _night: KEYS)
    both = [{"subject_id": name, "purpose": purpose} for name in ("ann", "bob")
            for purpose in ("partner_sharing", "marketing")]  # fmt: skip
    capture(found.lake, NIGHT, both)
    people = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in ("ann", "bob")]
    publish_rows(found.lake, IDENTITIES, night(NIGHT), people)
    publish_rows(found.lake, PARTNER_OFFERS, night(NIGHT), offered("ann", "bob"))
    return found


def test_t29_revoked_between_build_and_export_the_person_is_absent_and_the_reason_is_kept(
    road: Road, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def handed_over(bank: str) -> list[str]:
        file = tmp_path / "out" / bank / f"partner_offers-{NIGHT}.parquet"
        assert pq.read_schema(file).names == list(PARTNER_OFFERS.column_names)
        return list(map(str, pq.read_table(file)["customer_token"].to_pylist()))

    hand_over(road, NIGHT, tmp_path / "out")
    assert handed_over("harbour") == sorted(token(name, "harbour") for name in ("ann", "bob"))
    capture(road.lake, MORNING, [{"subject_id": "ann", "purpose": "partner_sharing", "consent_status": "revoked"}])
    with caplog.at_level("INFO", logger="nightledger"):
        hand_over(road, NIGHT, tmp_path / "out")
    assert handed_over("harbour") == [token("bob", "harbour")]
    assert handed_over("meridian") == []
    kept = road.lake.storage.read(f"_exports/shared/partner_offers/business_date={NIGHT}/wishes-as-of-{MORNING}.json")
    assert kept is not None
    assert token("ann", "harbour") in kept.body.decode()
    assert '"withheld_because": "sharing_withdrawn"' in kept.body.decode()
    assert "harbour: 1 withheld: sharing_withdrawn" in caplog.text
    assert token("ann", "harbour") not in caplog.text


def test_nothing_is_handed_over_while_a_table_of_the_newest_day_is_missing(road: Road, tmp_path: Path) -> None:
    publish_rows(road.lake, consents.CONSENTS, night(MORNING), [])
    with pytest.raises(StepMissingError, match=f"captured/bank_customers {MORNING}: not published"):
        hand_over(road, NIGHT, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(StepMissingError, match="not captured; first run"):
        hand_over(road, date(2026, 4, 2), tmp_path / "out")
