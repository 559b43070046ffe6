"""What leaves the house: only who agreed, only what was agreed, under each bank's own key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.shared.partner_offers import build, score_band
from schemas.cleaned.consents import CONSENTS
from schemas.customers.identities import IDENTITIES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.segments.customer_segments import CUSTOMER_SEGMENTS
from schemas.shared.partner_offers import PARTNER_OFFERS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
KEYS = {"harbour": ("v1", bytes(range(32))), "meridian": ("k2", bytes(range(100, 132)))}


def token(name: str, bank: str, keys: Mapping[str, tuple[str, bytes]] = KEYS) -> str:
    version, key = keys[bank]
    digest = hmac.new(key, b"customer\0" + name.encode(), hashlib.sha256).digest()
    return f"{version}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def wish(record: str, status: str = "granted", **more: Any) -> dict[str, Any]:
    return {"source_record_id": record, "purpose": "partner_sharing", "consent_status": status, **more}


@pytest.fixture
def offer(table: TableMaker) -> Any:
    """Offers to customers with a shop record shop:<id>, eligible for push unless said otherwise, who all agreed."""

    def offered(
        customers: Mapping[str, dict[str, Any]],
        *,
        wishes: Sequence[dict[str, Any]] | None = None,
        identities: Sequence[dict[str, Any]] = (),
        keys: Mapping[str, tuple[str, bytes]] = KEYS,
    ) -> DataFrame:
        usual = {"is_eligible": True, "is_hold_out": False, "contact_channel": "push", "segment": "prime_card"}
        segments = [
            {"customer_id": name, **usual, **{k: v for k, v in given.items() if k != "score"}}
            for name, given in customers.items()
        ]
        scores = [{"customer_id": name, "score": given.get("score", 650)} for name, given in customers.items()]
        said = [wish(f"shop:{name}") for name in customers] if wishes is None else wishes
        records = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in customers]
        return build(
            table(CUSTOMER_SEGMENTS, segments),
            table(CUSTOMER_SCORES, scores),
            table(CONSENTS, [{"consent_id": f"w{i}", **one} for i, one in enumerate(said)]),
            table(IDENTITIES, [*records, *identities]),
            as_of=AS_OF,
            recipient_keys=keys,
        )

    return offered


def receivers(offers: DataFrame, *names: str) -> set[tuple[str, str]]:
    meant = {(bank, token(name, bank)): (bank, name) for bank in KEYS for name in names}
    return {meant[row] for row in rows(offers, "bank_code", "customer_token")}


def test_an_offer_says_what_its_contract_says_and_nothing_more(offer: Any) -> None:
    offers = offer({"ann": {"score": 655}}, keys={"harbour": KEYS["harbour"]})
    assert set(offers.columns) == set(PARTNER_OFFERS.column_names)
    assert rows(offers, *PARTNER_OFFERS.column_names) == [
        ("harbour", token("ann", "harbour"), "prime_card", "640-659", "push", date(2026, 4, 30))
    ]


def test_only_eligible_customers_outside_the_hold_out_group_are_shared(offer: Any) -> None:
    offers = offer({"ann": {}, "bob": {"is_eligible": False}, "carol": {"is_hold_out": True}})
    assert receivers(offers, "ann") == {("harbour", "ann"), ("meridian", "ann")}


def test_t28_nobody_of_the_hold_out_group_appears_in_any_row(offer: Any) -> None:
    names = [f"c{number}" for number in range(40)]
    offers = offer({name: {"is_hold_out": number % 3 == 0} for number, name in enumerate(names)})
    tokens = {row[0] for row in rows(offers, "customer_token")}
    assert not tokens & {token(name, bank) for name in names[::3] for bank in KEYS}
    assert len(tokens) == 2 * 26


def test_sharing_needs_a_yes_to_that_bank_or_to_every_bank(offer: Any) -> None:
    names = ("ann", "bob", "carol", "dan", "eve")
    offers = offer(
        {name: {} for name in names},
        wishes=[
            wish("shop:ann"),
            wish("shop:bob", bank_code="harbour"),
            wish("shop:carol", bank_code="a bank without key"),
            wish("shop:dan", purpose="marketing"),
            wish("shop:eve", occurred_at="2026-01-01 00:00:00"),
            wish("shop:eve", "revoked", bank_code="meridian", occurred_at="2026-02-01 00:00:00"),
        ],
    )
    assert receivers(offers, *names) == {
        ("harbour", "ann"),
        ("meridian", "ann"),
        ("harbour", "bob"),
        ("harbour", "eve"),
    }


def test_a_later_no_to_every_bank_ends_the_yes_to_one(offer: Any) -> None:
    offers = offer(
        {"ann": {}, "bob": {}},
        wishes=[
            wish("shop:ann", bank_code="harbour", occurred_at="2026-01-01 00:00:00"),
            wish("shop:ann", "denied", occurred_at="2026-03-31 15:59:59"),
            wish("shop:bob", bank_code="harbour", occurred_at="2026-01-01 00:00:00"),
            wish("shop:bob", "denied", occurred_at="2026-03-31 16:00:00"),  # tomorrow in Shanghai
        ],
    )
    assert receivers(offers, "ann", "bob") == {("harbour", "bob")}


def test_t30_a_no_on_any_record_of_a_merged_person_wins(offer: Any) -> None:
    offers = offer(
        {"ann": {}, "bob": {}},
        identities=[{"source_record_id": f"harbour:{i}", "customer_id": name} for i, name in enumerate(("ann", "bob"))],
        wishes=[
            wish("shop:ann"),
            wish("harbour:0", "denied", bank_code="harbour"),
            wish("shop:bob"),
            wish("harbour:1"),
        ],
    )
    assert receivers(offers, "ann", "bob") == {("meridian", "ann"), ("harbour", "bob"), ("meridian", "bob")}


def test_t32_each_bank_has_its_own_token_and_none_matches_without_its_key(offer: Any) -> None:
    names = [f"c{number:02d}" for number in range(25)]
    found = rows(offer({name: {} for name in names}), "bank_code", "customer_token")
    harbour, meridian = ({value for bank, value in found if bank == wanted} for wanted in ("harbour", "meridian"))
    assert harbour == {token(name, "harbour") for name in names}
    assert meridian == {token(name, "meridian") for name in names}
    assert not {value.split(".")[1] for value in harbour} & {value.split(".")[1] for value in meridian}
    guesses = {
        base64.urlsafe_b64encode(made).decode().rstrip("=")
        for name in names
        for message in (name.encode(), b"customer\0" + name.encode())
        for made in (
            hashlib.sha256(message).digest(),
            hmac.new(b"", message, hashlib.sha256).digest(),
            hmac.new(b"guess", message, hashlib.sha256).digest(),
        )
    }
    assert not {value.split(".")[1] for value in harbour | meridian} & guesses
    assert not any(name in value for value in harbour | meridian for name in names)


def test_t32_a_new_key_gives_new_tokens_and_says_so(offer: Any) -> None:
    new = {"harbour": ("v2", b"z" * 32)}
    before, after = (rows(offer({"ann": {}}, keys=keys), "bank_code", "customer_token") for keys in (KEYS, new))
    assert after == [("harbour", token("ann", "harbour", new))]
    assert after[0] not in before
    assert after[0][1].startswith("v2.")


def test_a_key_shows_in_no_plan(offer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    key = b"an unmistakable key of 32 bytes!"
    offers = offer({"ann": {}}, keys={"harbour": ("v1", key)})
    for mode in ("simple", "extended", "codegen", "cost", "formatted"):
        offers.explain(mode=mode)
    shown = capsys.readouterr().out.lower()
    assert "recipient_key" in shown
    written = [key.decode(), key.hex(), key.hex(" "), base64.b64encode(key).decode(), str(list(key))[1:-1]]
    assert not [form for form in written if form.lower() in shown]


def test_without_keys_wishes_or_customers_there_are_no_offers(offer: Any) -> None:
    assert rows(offer({"ann": {}}, keys={}), "bank_code") == []
    assert rows(offer({"ann": {}}, wishes=[]), "bank_code") == []
    assert rows(offer({}), "bank_code") == []


def test_two_records_that_agree_give_one_offer_for_each_bank(offer: Any) -> None:
    more = [{"source_record_id": f"harbour:{i}", "customer_id": "ann"} for i in range(3)]
    offers = offer({"ann": {}}, identities=more, wishes=[wish("shop:ann"), *(wish(f"harbour:{i}") for i in range(3))])
    assert rows(offers, "customer_token") == sorted([(token("ann", "harbour"),), (token("ann", "meridian"),)])


def test_t21_score_bands_share_no_score_and_leave_none_out(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(value,) for value in (599, 600, 619, 620, 0, -1)], "score int")
    assert [row[0] for row in frame.select(score_band("score")).collect()] == [
        "580-599",
        "600-619",
        "600-619",
        "620-639",
        "0-19",
        "-20--1",
    ]
