"""Every family of which there is a second opinion in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.families import FAMILIES
from tests.reference import browsing, cash_flow, identity, promises, purchase_value, repayment, scenes, tastes
from tests.reference.answer import Answer

ANSWERS: Final[Mapping[str, Answer]] = {
    module.__name__.rsplit(".", 1)[1]: module.ANSWER
    for module in (browsing, cash_flow, identity, promises, purchase_value, repayment, scenes, tastes)
}
ANSWERED: Final = tuple(family for family in FAMILIES if family.name in ANSWERS)
