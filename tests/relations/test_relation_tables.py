"""The commands about relations look at the ties that the families see."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs.lake import Lake
from jobs.relation_tables import known_defaults_of_the_night, ties_of_the_night
from jobs.relations import ties
from jobs.storage_local import LocalStorage
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from tests.conftest import TableMaker, rows
from tests.lake.explained_night import NIGHT, publish

BEFORE, LAST = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)
PAID = [
    *(("till", name, BEFORE) for name in ("ann", "bob", "cem", "dia")),
    ("eve", "till", LAST),  # its fifth partner, in March
    ("ann", "bob", BEFORE),
    ("bob", "ann", LAST),
    *((*ends, BEFORE) for name in ("fay", "gus", "hal") for ends in (("ivy", name), (name, "ivy"))),  # three, not six
]


def test_t14_who_has_too_many_partners_of_a_kind_is_no_tie_by_it_in_commands_as_in_families(
    table: TableMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ties, "MOST_PARTNERS", 4)
    names = ("payer_customer_id", "payee_customer_id", "first_transferred_at")
    transfers = [dict(zip(names, row, strict=True)) for row in PAID]
    pairs = [("ann", "till", "phone"), *(("lender", f"of-{number}", "device") for number in range(5))]
    pair_names = ("first_customer_id", "second_customer_id", "identifier_type")
    shared = [
        {**dict(zip(pair_names, pair, strict=True)), "tie_weight": 1.0, "first_seen_at": BEFORE} for pair in pairs
    ]
    lake = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    publish(lake, TRANSFERS, transfers)
    publish(lake, SHARED_IDENTIFIERS, shared)
    favour_names = ("giver_customer_id", "receiver_customer_id", "first_seen_at", "favour_type")
    favours = [
        dict(zip(favour_names, row, strict=True))
        for row in (*((*row, "referral") for row in PAID), ("ann", "cem", LAST, "gift"))
    ]
    publish(lake, FAVOURS, favours)
    columns = ("source_id", "target_id", "kind", "weight")
    for as_of, count in ((NIGHT, 18), (date(2026, 3, 1), 23)):
        paid, tied, favoured = table(TRANSFERS, transfers), table(SHARED_IDENTIFIERS, shared), table(FAVOURS, favours)
        of_family = ties.all_ties(paid, tied, favoured, as_of)
        found = ties_of_the_night(lake, NIGHT, "Asia/Shanghai", as_of=as_of).to_pylist()
        known = [row for row in found if row["began_date"] <= as_of]
        assert sorted(tuple(row[name] for name in columns) for row in known) == rows(of_family, *columns)
        assert len(known) == count
    shown = {row["source_id"] for row in ties_of_the_night(lake, NIGHT, "Asia/Shanghai").to_pylist()}
    assert not {"till", "lender"} & shown
    assert "ivy" in shown, "who pays three people and is paid by them has three partners"


def test_t8_who_is_known_to_have_defaulted_is_the_same_in_commands_as_in_families(
    table: TableMaker, tmp_path: Path
) -> None:
    owed = [
        {"source_record_id": f"shop:{name}", "plan_opened_at": BEFORE, "due_date": due, "settled_date": settled}
        for name, due, settled in (
            ("ann", "2026-01-31", None),  # unpaid for 60 days on the night itself
            ("bob", "2026-02-01", None),  # and on the day after
            ("cem", "2026-01-01", "2026-03-02"),  # paid on the 60th day
            ("dia", "2026-01-01", "2026-03-01"),  # paid on the day before
            ("eve", "2025-12-01", None),
            ("eve", "2025-11-01", "2026-01-15"),  # the earlier of two
            ("nobody", "2025-01-01", None),
        )
    ]
    people = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in ("ann", "bob", "cem", "dia", "eve")]
    lake = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    keyed = [{**row, "plan_id": f"p{place}"} for place, row in enumerate(owed)]
    publish(lake, INSTALMENTS, keyed)
    publish(lake, IDENTITIES, people)
    told = known_defaults_of_the_night(lake, NIGHT)
    of_family = ties.known_defaults(table(INSTALMENTS, keyed), table(IDENTITIES, people), NIGHT)
    assert told["customer_id"].to_pylist() == [name for (name,) in rows(of_family, "customer_id")]
    assert told["customer_id"].to_pylist() == ["ann", "cem", "eve"]
    assert told["known_date"].to_pylist() == [NIGHT, date(2026, 3, 2), date(2025, 12, 31)]
