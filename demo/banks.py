"""What the partner banks know: their customers, accounts and merchants, and who applies for the co-branded card."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.accounts import ACCOUNT_TYPES, CARD, agree_accounts
from demo.campaigns import Applicants
from demo.hardship import DEFAULTED, Hardship
from demo.merchants import MERCHANT_KINDS
from demo.people import OCCUPATIONS, People
from demo.shopping import Shop
from demo.tables import NOTHING, Ledger, chosen, numbered, where
from demo.world import DAY_SECONDS, District, Month, day_of

ACCOUNT_STATUSES = ("active", "blocked")
INCOME_BANDS = ("A", "B", "C", "D", "E")
INCOME_BOUNDS = (350_000, 600_000, 1_000_000, 1_800_000)  # cents a month
TRANSLITERATED, MISTYPED, OTHER_SURNAME = 0.015, 0.01, 0.02
POLICY_NOISE, POLICY_CUT = 0.9, 0.8  # the bank's estimate of the hazard errs by this much; it declines above the cut
TELLS_BANK = 0.08  # of those who have another phone number by now, each month
RANDOM_SLICE = 0.01  # approved whatever the policy says, so that the policy can be judged
DECISIONS = ("approved", "declined")
PRODUCTS = ("card_basic", "card_gold", "card_travel")


class Banks:
    """The books of all partner banks in the month that is being lived."""

    def __init__(self, world: District, people: People, shop: Shop, hardship: Hardship) -> None:
        """Decide once which accounts everyone will open."""
        self._world, self._people, self._shop, self._hardship = world, people, shop, hardship
        chance = world.generator("banks")
        self.accounts = agree_accounts(people, chance)
        self.has_old_number = (chance.random(people.bank_opened_at.shape) < 0.08) & (people.bank_opened_at != NOTHING)
        own = np.arange(people.count)[:, None]
        self._phone = np.where(self.has_old_number, people.count + own, own)
        self._income_cents = people.income_cents * np.exp(0.2 * chance.normal(size=people.count))
        self._hides = chance.random((4, people.count))
        self._spelling = chance.random(people.count)
        self._names = self._names_at_banks(chance)
        share = np.exp(-0.3 * people.hazard[self.accounts.person] + 0.2 * chance.normal(size=len(self.accounts.kind)))
        limit = np.round(3 * people.income_cents[self.accounts.person] * share, -5).astype(np.int64)
        self.limit_cents = np.where(self.accounts.kind >= CARD, np.clip(limit, 300_000, 10_000_000), NOTHING)
        self._is_blocked = np.zeros(len(self.accounts.kind), bool)
        self.applications: list[dict[str, np.ndarray]] = []
        self._application_count = 0
        whole = world.world
        self.merchant_count = int(np.clip(whole.people // 50, 40, 4_000))
        shares = np.array([kind[2] for kind in MERCHANT_KINDS])
        size = (len(world.banks), self.merchant_count)
        # Every district spends at the same merchants, which the first district writes down.
        self.merchant_kind = whole.generator("merchants").choice(len(MERCHANT_KINDS), size, p=shares / shares.sum())

    def live_month(self, month: Month, applicants: Applicants, ledger: Ledger) -> None:
        """Write down customers, accounts, merchants and applications that are new or changed this month."""
        chance = self._world.generator("banks", month.index)
        for position, bank in enumerate(self._world.banks):
            self._write_customers(month, position, bank, chance, ledger)
            self._write_accounts(month, position, bank, chance, ledger)
            recoded = self._recode_merchants(month, position)
            if self._world.index == 0:  # the districts share their merchants; the first one writes them
                self._write_merchants(month, position, bank, recoded, ledger)
            self._write_applications(month, position, applicants, chance, ledger)

    def _write_customers(
        self, month: Month, position: int, bank: str, chance: np.random.Generator, ledger: Ledger
    ) -> None:
        people, opened_at = self._people, self._people.bank_opened_at[:, position]
        is_new, is_old = _new_and_old(opened_at, month)
        users = self._shop.users
        has_moved_on = users.is_registered(month.start) & (self._phone[:, position] != users.phone)
        new_phone = is_old & has_moved_on & ~users.changed_unseen & (chance.random(people.count) < TELLS_BANK)
        new_income = is_old & (chance.random(people.count) < 0.006)
        self._phone[:, position] = np.where(new_phone, users.phone, self._phone[:, position])
        self._income_cents = np.where(new_income, people.income_cents, self._income_cents)
        changes = new_phone | new_income
        for persons, moment in (
            (np.flatnonzero(is_new), opened_at[is_new]),
            (np.flatnonzero(changes), month.moments(chance, int(changes.sum()))),
        ):
            ledger.add("customers", day_of(moment), self._customer_rows(position, persons, moment), bank=bank)
        self._hear_of_unseen_phones(month, position, bank, is_old, ledger)

    def _hear_of_unseen_phones(
        self, month: Month, position: int, bank: str, is_old: np.ndarray, ledger: Ledger
    ) -> None:
        """Who took another number while the shop did not know them tells the bank sooner or later."""
        users, chance = self._shop.users, self._world.generator(f"unseen phones at {bank}", month.index)
        is_stale = users.changed_unseen & (self._phone[:, position] != users.phone)
        persons = np.flatnonzero(is_old & is_stale & (chance.random(len(is_stale)) < TELLS_BANK))
        self._phone[persons, position] = users.phone[persons]
        moment = month.moments(chance, len(persons))
        ledger.add("customers", day_of(moment), self._customer_rows(position, persons, moment), bank=bank)

    def _customer_rows(self, position: int, persons: np.ndarray, moment: np.ndarray) -> dict[str, object]:
        people, hides = self._people, self._hides[:, persons]
        band = np.searchsorted(INCOME_BOUNDS, self._income_cents[persons])
        return {
            "bank_customer_id": people.bank_customer_ids(position, persons),
            "full_name": self._names.take(pa.array(persons)),
            "phone": where(hides[0] < 0.98, self._phones(position, persons)),
            "email": where(hides[1] < 0.4, pa.compute.utf8_lower(people.emails.take(pa.array(persons)))),
            "national_id": where(hides[2] < 0.97, self._national_ids(persons)),
            "birth_date": np.where(hides[3] < 0.99, people.birth_day[persons], NOTHING),
            "gender": chosen(("female", "male"), people.is_male[persons].astype(np.int64)),
            "city_code": chosen([city[0] for city in spelling.CITIES], people.city[persons]),
            "occupation": chosen(OCCUPATIONS, np.where(hides[1] < 0.8, people.occupation[persons], -1)),
            "income_band": chosen(INCOME_BANDS, np.where(hides[0] < 0.85, band, -1)),
            "kyc_level": 1 + (hides[2] < 0.9) + (hides[3] < 0.3),
            "opened_at": people.bank_opened_at[persons, position],
            "updated_at": moment,
        }

    def _phones(self, position: int, persons: np.ndarray) -> pa.Array:
        return self._spelled_phones(self._phone[persons, position], persons)

    def _phones_of_applicants(self, position: int, persons: np.ndarray) -> pa.Array:
        """What the bank has on file; whom it does not know gives the number of the day."""
        is_known = self._people.bank_opened_at[persons, position] != NOTHING
        numbers = np.where(is_known, self._phone[persons, position], self._shop.users.phone[persons])
        return self._spelled_phones(numbers, persons)

    def _spelled_phones(self, numbers: np.ndarray, persons: np.ndarray) -> pa.Array:
        return spelling.spelled_phones(self._shop.users.phones(numbers), self._spelling[persons])

    def _national_ids(self, persons: np.ndarray) -> pa.Array:
        return spelling.spelled_national_ids(self._people.national_ids.take(pa.array(persons)), self._spelling[persons])

    def _names_at_banks(self, chance: np.random.Generator) -> pa.Array:
        """Names as the banks hold them: some in Latin letters, some mistyped, some from before a wedding."""
        names, draw = self._people.names, chance.random(self._people.count)
        names = pa.compute.if_else(pa.array(draw < TRANSLITERATED), spelling.transliterated(names), names)
        is_changed = (draw > 1 - OTHER_SURNAME) & ~self._people.is_male
        names = pa.compute.if_else(pa.array(is_changed), spelling.with_another_surname(self._people.names), names)
        is_mistyped = (draw > 0.5) & (draw < 0.5 + MISTYPED)
        return pa.compute.if_else(pa.array(is_mistyped), pa.compute.utf8_slice_codeunits(names, 0, 2), names)

    def _write_accounts(
        self, month: Month, position: int, bank: str, chance: np.random.Generator, ledger: Ledger
    ) -> None:
        accounts = self.accounts
        is_new, is_old = _new_and_old(accounts.opened_at, month)
        is_ours, is_card = accounts.bank == position, accounts.kind == CARD
        is_blocked = is_old & is_card & (self._hardship.condition[accounts.person] == DEFAULTED)
        is_raised = is_ours & is_old & is_card & ~is_blocked & (chance.random(len(is_card)) < 0.01)
        changes = is_raised | (is_ours & is_old & (is_blocked != self._is_blocked))
        self.limit_cents = np.where(is_raised, self.limit_cents * 6 // 5, self.limit_cents)
        self._is_blocked = np.where(is_ours, is_blocked, self._is_blocked)
        new = np.flatnonzero(is_new & is_ours)
        for index, moment in (
            (new, accounts.opened_at[new]),
            (np.flatnonzero(changes), month.moments(chance, int(changes.sum()))),
        ):
            columns = {
                "account_id": accounts.ids.take(pa.array(index)),
                "bank_customer_id": self._people.bank_customer_ids(position, accounts.person[index]),
                "account_type": chosen(ACCOUNT_TYPES, accounts.kind[index]),
                "opened_at": accounts.opened_at[index],
                "closed_at": np.full(len(index), NOTHING),
                "credit_limit_cents": self.limit_cents[index],
                "account_status": chosen(ACCOUNT_STATUSES, self._is_blocked[index].astype(np.int64)),
                "updated_at": moment,
            }
            ledger.add("accounts", day_of(moment), columns, bank=bank)

    def _recode_merchants(self, month: Month, position: int) -> np.ndarray:
        """Which merchants of a bank have another category from this month on, for all who buy there."""
        drift, kinds = self._world.world.drift, self.merchant_kind[position]
        if drift is None or not drift.holds(month.first):
            return np.zeros(self.merchant_count, bool)
        codes = [kind[0] for kind in MERCHANT_KINDS]
        before, after = (codes.index(code) for code in drift.recoded_category)
        is_recoded = kinds == before
        self.merchant_kind[position] = np.where(is_recoded, after, kinds)
        return np.asarray(is_recoded)

    def _write_merchants(self, month: Month, position: int, bank: str, recoded: np.ndarray, ledger: Ledger) -> None:
        """All merchants are there from the first month; later a few a month move to another city, or are re-coded."""
        chance = self._world.generator(f"merchants of {bank}", month.index)
        is_written = recoded | (chance.random(self.merchant_count) < (0.004 if month.index else 1.1))
        index = np.flatnonzero(is_written)
        kinds = self.merchant_kind[position, index]
        names = [
            f"{MERCHANT_KINDS[kind][1]} {bank.title()} {number:04d}" for number, kind in zip(index, kinds, strict=True)
        ]
        city = chance.integers(0, len(spelling.CITIES), len(index))
        moment = month.moments(chance, len(index))
        columns = {
            "merchant_id": numbered(f"{self._people.bank_prefixes[position]}m", index),
            "merchant_name": pa.array(names, pa.string()),
            "mcc": chosen([kind[0] for kind in MERCHANT_KINDS], kinds),
            "city_code": chosen([c[0] for c in spelling.CITIES], np.where(chance.random(len(index)) < 0.05, -1, city)),
            "updated_at": np.where(month.index == 0, month.start, moment),
        }
        ledger.add("merchants", day_of(moment), columns, bank=bank)

    def _write_applications(
        self, month: Month, position: int, applicants: Applicants, chance: np.random.Generator, ledger: Ledger
    ) -> None:
        """Each application as it came in, as it was decided, and as the card was first used."""
        people, is_ours = self._people, applicants.bank == position
        persons, applied_at = applicants.person[is_ours], applicants.applied_at[is_ours]
        count = len(persons)
        is_instant, minutes = chance.random(count) < 0.6, chance.integers(20, 180, count)
        decided_at = applied_at + np.where(is_instant, minutes, chance.integers(3_600, 3 * DAY_SECONDS, count))
        estimate = people.hazard[persons] + POLICY_NOISE * chance.normal(size=count)
        is_random = chance.random(count) < RANDOM_SLICE
        is_approved = is_random | (estimate < POLICY_CUT)
        uses_card = is_approved & (chance.random(count) < 0.8)
        activated_at = decided_at + chance.integers(2 * DAY_SECONDS, 20 * DAY_SECONDS, count)
        limit = np.where(is_approved, np.round(people.income_cents[persons] * 2.0, -5).astype(np.int64), NOTHING)
        numbers = self._next_application(count)
        fixed = self._application_columns(position, numbers, persons, applied_at, chance)
        truth = {"person": persons, "applied_at": applied_at, "estimate": estimate}
        self._remember(position, month, numbers, truth | {"is_random": is_random, "is_approved": is_approved})
        always, never, undecided = np.ones(count, bool), np.full(count, NOTHING), np.full(count, -1)
        decision = np.where(is_approved, 0, 1)
        for happens, moment, decided, limits, choice, activated in (
            (always, applied_at, never, never, undecided, never),
            (always, decided_at, decided_at, limit, decision, never),
            (uses_card, activated_at, decided_at, limit, decision, activated_at),
        ):
            changing = {
                "decision": chosen(DECISIONS, choice),
                "decided_at": decided,
                "approved_limit_cents": limits,
                "activated_at": activated,
                "updated_at": moment,
            }
            ledger.add(
                "card_applications", day_of(moment), fixed | changing, bank=self._world.banks[position], happens=happens
            )

    def _remember(self, position: int, month: Month, numbers: np.ndarray, truth: dict[str, np.ndarray]) -> None:
        """Keep for the truth what the bank believed, and why it decided as it did."""
        count = len(numbers)
        months = np.where(truth["applied_at"] < month.end, month.index, month.index + 1)  # those asked late apply later
        where_and_when = {"bank": np.full(count, position), "month": months, "number": numbers}
        self.applications.append(where_and_when | truth)

    def _application_columns(
        self,
        position: int,
        numbers: np.ndarray,
        persons: np.ndarray,
        applied_at: np.ndarray,
        chance: np.random.Generator,
    ) -> dict[str, object]:
        count = len(persons)
        return {
            "application_id": self._world.ids(f"{self._people.bank_prefixes[position]}p", numbers),
            "applied_at": applied_at,
            "product_code": chosen(PRODUCTS, chance.choice(3, count, p=[0.6, 0.3, 0.1])),
            "phone": self._phones_of_applicants(position, persons),
            "national_id": where(chance.random(count) < 0.95, self._national_ids(persons)),
        }

    def _next_application(self, count: int) -> np.ndarray:
        first = self._application_count
        self._application_count += count
        return np.arange(first, first + count)


def _new_and_old(began_at: np.ndarray, month: Month) -> tuple[np.ndarray, np.ndarray]:
    """What begins this month (everything earlier in the first month), and what was there before it."""
    exists = began_at != NOTHING
    is_new = exists & (began_at < month.end) & ((began_at >= month.start) | (month.index == 0))
    return is_new, exists & (began_at < month.start) & ~is_new
