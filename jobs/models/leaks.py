"""What the attacks of models/leak_audit found, as a report says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.models.leak_audit import LEAK_AUDIT

NORMAL_95 = 1.96
TOLD = tuple(name for name in LEAK_AUDIT.column_names if name != "observation_date")


def attacks_told(attacks: Sequence[Mapping[str, Any]] | None) -> dict[str, Any] | None:
    """Plain values; None where nothing was attacked."""
    if not attacks:
        return None
    return {
        "observation_date": attacks[0]["observation_date"].isoformat(),
        "attacks": [{name: attack[name] for name in TOLD} for attack in attacks],
    }


def warnings_of_attacks(told: Mapping[str, Any] | None) -> Iterator[str]:
    """A sentence for each attack that was noticed, and for each that could not have been."""
    for attack in told["attacks"] if told else ():
        if attack["verdict"] in ("failed", "cannot tell"):
            what = f"{attack['family']}, {attack['feature']}, {attack['attack']}"
            yield f"the leak audit {attack['verdict']}: {what}: {_reason(attack)}"


def _reason(attack: Mapping[str, Any]) -> str:
    if attack["changed_customer_count"]:
        return f"{attack['changed_customer_count']:,} of {attack['customer_count']:,} customers changed"
    if attack["auc"] is None:
        return "too few customers to tell"
    return f"AUC {attack['auc']:.3f}, by chance {chance_in_words(attack)}"


def chance_in_words(attack: Mapping[str, Any]) -> str:
    """Between what 95 of 100 AUCs lie that tell nothing; nothing where there are too few outcomes."""
    if attack["auc_deviation"] is None:
        return ""
    low, high = (0.5 + way * NORMAL_95 * attack["auc_deviation"] for way in (-1, 1))
    return f"{low:.3f} to {high:.3f}"
