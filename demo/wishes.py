"""What people want done with their data: consents given, denied and revoked, and requests to be forgotten."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.people import People
from demo.shopping import Shop
from demo.tables import NOTHING, Ledger, chosen, has_happened
from demo.world import District, Month, day_of

CHANNELS = ("sms", "push", "email", "phone")
STATUSES = ("granted", "denied", "revoked")
GRANTED, DENIED, REVOKED = range(3)
ASKS_TO_BE_FORGOTTEN = 1 / 8_000  # of those known, a month


class Wishes:
    """The consents of shop users and bank customers in the month that is being lived.

    A question is a purpose with its channel or bank, asked of a subject when the relation begins.
    """

    def __init__(self, world: District, people: People, shop: Shop) -> None:
        """Draw once what everybody answers to each question."""
        self._world, self._people, self._shop = world, people, shop
        self._consent_count, self._erasure_count = 0, 0
        self._before: dict[str, np.ndarray] = {}
        self.forgotten_at = {holder: np.full(people.count, NOTHING) for holder in ("", *world.banks)}
        """When each person first asked the shop ("") or a bank to be forgotten; NOTHING: never so far."""
        chance = world.generator("wishes")
        marketing: list[tuple[str, str | None, str | None, float, float]] = [
            ("marketing", channel, None, asked, granted)
            for channel, asked, granted in zip(CHANNELS, (1, 0.9, 0.7, 0.4), (0.72, 0.8, 0.55, 0.3), strict=True)
        ]
        self._questions = {
            "": [
                *marketing,
                ("credit_scoring", None, None, 0.97, 0.9),
                *[("partner_sharing", None, bank, 0.9, 0.62) for bank in world.banks],
            ],
            **{
                bank: [
                    *marketing[:2],
                    ("credit_scoring", None, None, 0.97, 0.88),
                    ("partner_sharing", None, bank, 0.9, 0.6),
                ]
                for bank in world.banks
            },
        }
        self._is_granted = {
            holder: np.stack(
                [
                    np.where(chance.random(people.count) < asked, chance.random(people.count) < granted, -1)
                    for _, _, _, asked, granted in questions
                ]
            )
            for holder, questions in self._questions.items()
        }

    def live_month(self, month: Month, ledger: Ledger) -> None:
        """Write down what was answered, revoked and asked to be forgotten this month."""
        chance = self._world.generator("wishes", month.index)
        self._before = {holder: answers.copy() for holder, answers in self._is_granted.items()}
        for holder in self._questions:
            began_at = self.began_at(holder)
            is_new = has_happened(began_at, month.end)
            is_new &= (began_at >= month.start) | (month.index == 0)
            is_old = has_happened(began_at, month.start) & ~is_new
            for position, answers in enumerate(self._is_granted[holder]):
                answer = np.flatnonzero(is_new & (answers >= 0))
                status = np.where(answers[answer] == 1, GRANTED, DENIED)
                self._write(holder, position, answer, began_at[answer] + 30, status, ledger)
                turns = np.flatnonzero(is_old & (answers >= 0) & (chance.random(len(answers)) < 0.0025))
                status = np.where(answers[turns] == 1, REVOKED, GRANTED)
                self._write(holder, position, turns, month.moments(chance, len(turns)), status, ledger)
                answers[turns] = 1 - answers[turns]
        self._write_erasures(month, "", self._shop.users.is_registered(month.start), chance, ledger)
        for bank in self._world.banks:
            is_known = has_happened(self.began_at(bank), month.start)
            at_bank = self._world.generator(f"erasures at {bank}", month.index)
            self._write_erasures(month, bank, is_known, at_bank, ledger)

    def grants(self, holder: str, channel: np.ndarray) -> np.ndarray:
        """Who lets the shop ("") or a bank write through the channel (one for each person), all this month long.

        A channel that nobody was asked about is not granted.
        """
        places = [question[1] for question in self._questions[holder]]
        granted = np.zeros(len(channel), bool)
        for position, name in enumerate(places):
            if name is not None:
                is_asked = channel == CHANNELS.index(name)
                always = (self._before[holder][position] == 1) & (self._is_granted[holder][position] == 1)
                granted |= is_asked & always
        return granted

    def began_at(self, holder: str) -> np.ndarray:
        """Since when the shop ("") or a bank knows each person; NOTHING: never."""
        people = self._people
        return people.bank_opened_at[:, self._world.banks.index(holder)] if holder else people.registered_at

    def subject_ids(self, holder: str, persons: np.ndarray) -> pa.Array:
        """The ids under which the shop ("") or a bank knows these people."""
        people = self._people
        if not holder:
            return people.shop_user_ids(persons)
        return people.bank_customer_ids(self._world.banks.index(holder), persons)

    def _write(
        self,
        holder: str,
        position: int,
        persons: np.ndarray,
        occurred_at: np.ndarray,
        status: np.ndarray,
        ledger: Ledger,
    ) -> None:
        purpose, channel, bank, _, _ = self._questions[holder][position]
        count = len(persons)
        columns = {
            "consent_id": self._world.ids("w", np.arange(self._consent_count, self._consent_count + count)),
            "subject_type": "bank_customer" if holder else "shop_user",
            "subject_id": self.subject_ids(holder, persons),
            "purpose": purpose,
            "contact_channel": pa.array([channel] * count, pa.string()),
            "bank_code": pa.array([bank] * count, pa.string()),
            "consent_status": chosen(STATUSES, status),
            "occurred_at": occurred_at,
        }
        self._consent_count += count
        ledger.add("consents", day_of(occurred_at), columns)

    def _write_erasures(
        self, month: Month, holder: str, is_known: np.ndarray, chance: np.random.Generator, ledger: Ledger
    ) -> None:
        """About one in 8 000 of those whom a partner knows asks it in a month to be forgotten."""
        persons = np.flatnonzero(is_known & (chance.random(self._people.count) < ASKS_TO_BE_FORGOTTEN))
        requested_at = month.moments(chance, len(persons))
        before = self.forgotten_at[holder][persons]
        self.forgotten_at[holder][persons] = np.where(before == NOTHING, requested_at, before)
        columns = {
            "request_id": self._world.ids("z", np.arange(self._erasure_count, self._erasure_count + len(persons))),
            "subject_type": "bank_customer" if holder else "shop_user",
            "subject_id": self.subject_ids(holder, persons),
            "requested_at": requested_at,
        }
        self._erasure_count += len(persons)
        ledger.add("erasure_requests", day_of(requested_at), columns)
