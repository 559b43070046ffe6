"""The part of the model report about leaks: what the features tell in truth, and what is left of it under attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from jobs.models.leaks import chance_in_words
from jobs.models.report_tables import figure, table
from schemas.models.leak_audit import MEANINGS, NO_ATTACK


def leaks_section(told: Mapping[str, Any] | None) -> str:
    """Two tables: AUC beside the same in a random graph and by chance, and the attacks that must change nothing."""
    if told is None:
        return "<p>No feature was attacked.</p>"
    text = (
        "Features that tell of others' promises, attacked in their own definitions as they stood on "
        f"{told['observation_date']}. AUC is among customers with about as many ties. With outcomes dealt anew, or "
        "other neighbours, as many as before, an AUC may be no further from 0.5 than four deviations of chance; 95 of "
        "100 that tell nothing lie in the interval. Where four deviations are more than 0.2 nobody can tell."
    )
    attacks = told["attacks"]
    meanings = table(["feature", "AUC", *MEANINGS, "95 % by chance", "verdict"], list(_meanings(attacks)), words=1)
    changes = table(["family", "attack", "customers", "changed", "verdict"], list(_changes(attacks)), words=2)
    return f"<p>{escape(text)}</p>{meanings}{changes}"


def _meanings(attacks: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    of = {(one["feature"], one["attack"]): one for one in attacks}
    for one in attacks:
        if one["attack"] == NO_ATTACK:
            under = [of[one["feature"], attack] for attack in MEANINGS]
            aucs = [figure(found["auc"], "{:.3f}") for found in (one, *under)]
            yield [escape(one["feature"]), *aucs, chance_in_words(under[-1]), _verdict(*under)]


def _changes(attacks: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    for one in attacks:
        if one["changed_customer_count"] is not None:
            counts = [f"{one[name]:,}" for name in ("customer_count", "changed_customer_count")]
            yield [escape(one["family"]), escape(one["attack"]), *counts, _verdict(one)]


def _verdict(*attacks: Mapping[str, Any]) -> str:
    verdicts = {one["verdict"] for one in attacks}
    return "<b>failed</b>" if "failed" in verdicts else "cannot tell" if "cannot tell" in verdicts else "passed"
