"""Money that moves: salaries, rent, card payments, cash, transfers between friends, card statements and payments."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.accounts import CARD, SAVINGS
from demo.banks import Banks
from demo.hardship import DEFAULTED, EASY, STRAINED, Hardship
from demo.merchants import MERCHANT_KINDS
from demo.movements import NOBODY, Movements
from demo.neighbours import GIVES, USUAL_GIFT, Neighbours
from demo.people import OCCUPATIONS, People
from demo.statements import write_payments, write_statements
from demo.tables import NOTHING, Ledger, chosen, has_happened, numbered, where
from demo.world import DAY_SECONDS, District, Month, day_of

TYPES = ("pos", "online", "transfer_in", "transfer_out", "salary", "cash", "fee", "interest", "repayment")
POS, ONLINE, TRANSFER_IN, TRANSFER_OUT, SALARY, CASH, FEE, INTEREST, REPAYMENT = range(9)
SELF_EMPLOYED = OCCUPATIONS.index("self_employed")
FAN_OUT = 4  # accounts abroad among which a ring spreads what it took
OUTSIDERS = 5_000  # accounts at banks outside the alliance, of each district


class Money:
    """Balances at the beginning of the month that is being lived."""

    def __init__(
        self, world: District, people: People, banks: Banks, hardship: Hardship, neighbours: Neighbours
    ) -> None:
        """Decide once how everyone handles money, and what they begin with."""
        self._world, self._people, self._banks, self._hardship = world, people, banks, hardship
        self._neighbours = neighbours
        self._account_ids = pa.concat_arrays([banks.accounts.ids, neighbours.account_ids])
        chance, accounts = world.generator("money"), banks.accounts
        count = people.count
        self._target = people.income_cents * np.exp(0.8 * people.thrift - 0.4 * people.impulse) * 1.5
        begin = self._target[accounts.person] * np.exp(0.4 * chance.normal(size=len(accounts.kind)))
        self.balance = np.where(accounts.kind <= SAVINGS, begin, 0).astype(np.int64)
        self._saved_share = np.clip(0.10 + 0.09 * people.thrift - 0.05 * people.impulse, -0.1, 0.45)
        self._is_paid_here = chance.random(count) < 0.72
        self._rents = chance.random(count) < 0.28
        self._payday = chance.integers(5, 16, count)
        self._card_share = np.clip(0.45 + 0.12 * people.impulse, 0.1, 0.9)
        self._landlord = -2 - chance.integers(0, OUTSIDERS, count)
        self._numbers = {(bank, kind): 0 for bank in range(len(world.banks)) for kind in ("t", "s", "y")}

    def live_month(self, month: Month, ledger: Ledger) -> None:
        """Write down the month's movements, statements and card payments."""
        chance, count = self._world.generator("money", month.index), self._people.count
        main = self._banks.accounts.main_of(count, month.start)
        cards = self._banks.accounts.of_kind(CARD, count, month.start)
        movements = Movements()
        funds = np.where(main >= 0, self.balance[main], 0).astype(float)
        income = self._earn(month, chance, main, movements)
        funds += income - self._pay_rent(month, chance, main, movements)
        funds -= self._give_to_friends_elsewhere(month, main, movements)
        funds -= self._pay_cards(month, chance, main, cards, funds, movements, ledger)
        self._spend(month, chance, main, cards, np.maximum(funds, 0), income, movements)
        self._share_with_friends(month, chance, main, np.maximum(funds, 0), movements)
        self._pass_round(month, main, movements)
        self._save(month, chance, main, funds, movements)
        self._charge(month, chance, main, movements)
        self._book(movements, chance, ledger)

    def _earn(self, month: Month, chance: np.random.Generator, main: np.ndarray, movements: Movements) -> np.ndarray:
        people, count = self._people, self._people.count
        swing = 0.02 + 0.10 * np.exp(-0.7 * people.steadiness)
        earned = people.income_cents * np.exp(np.clip(swing, 0, 0.6) * chance.normal(size=count) - swing**2 / 2)
        earned = earned * self._hardship.income_factor
        earned = np.where(self._hardship.is_in_work, earned, 0.0).round(-2)
        is_salary = self._is_paid_here & (people.occupation != SELF_EMPLOYED)
        arrives = is_salary | (chance.random(count) < 0.85)
        earned = np.where(arrives & (main >= 0), earned * np.where(self._is_paid_here, 1.0, 0.5), 0.0)
        day = np.where(is_salary, self._payday, 1 + chance.integers(0, month.days, count))
        moment = month.start + (day - 1) * DAY_SECONDS + 9 * 3600 + chance.integers(0, 3 * 3600, count)
        kind = np.where(is_salary, SALARY, TRANSFER_IN)
        movements.add(main, moment, earned, kind, np.where(is_salary, NOTHING, -2 - np.arange(count) % OUTSIDERS))
        return np.where(main >= 0, earned, 0.0)

    def _pay_rent(
        self, month: Month, chance: np.random.Generator, main: np.ndarray, movements: Movements
    ) -> np.ndarray:
        rent = np.where(self._rents & (main >= 0), (0.22 * self._people.income_cents).round(-4), 0.0)
        can_pay = np.where(main >= 0, self.balance[main], 0) > rent
        rent = np.where(can_pay, rent, 0.0)
        moment = month.start + chance.integers(0, 4 * DAY_SECONDS, self._people.count)
        movements.add(main, moment, -rent, TRANSFER_OUT, self._landlord)
        return rent

    def _pay_cards(
        self,
        month: Month,
        chance: np.random.Generator,
        main: np.ndarray,
        cards: np.ndarray,
        funds: np.ndarray,
        movements: Movements,
        ledger: Ledger,
    ) -> np.ndarray:
        """Statements over what was owed when the month began, and what is paid of them. Paid cents of each person."""
        owed = np.where(cards >= 0, -self.balance[cards], 0)
        minimum = np.minimum(owed, np.maximum(owed // 10, 5_000))
        wish = self._wish_to_pay(chance, owed, minimum)
        paid = np.where(owed > 0, np.minimum(wish, np.maximum(0.9 * funds, 0)), 0).astype(np.int64)
        closes_at = month.start + self._payday % 7 * DAY_SECONDS
        is_slow = (self._hardship.condition == STRAINED) & (chance.random(len(main)) < 0.5)
        waits = chance.integers(2 * DAY_SECONDS, 19 * DAY_SECONDS, len(main)) + 5 * DAY_SECONDS * is_slow
        paid_at = np.minimum(closes_at + waits, month.end - 60)
        bank_of_card = np.where(cards >= 0, self._banks.accounts.bank[cards], -1)
        for position, bank in enumerate(self._world.banks):
            billed = np.flatnonzero((owed > 0) & (bank_of_card == position))
            ids, accounts = self._ids(position, "s", len(billed)), self._account_ids.take(pa.array(cards[billed]))
            write_statements(bank, ids, accounts, closes_at[billed], owed[billed], minimum[billed], ledger)
            payers = billed[paid[billed] > 0]
            ids, accounts = self._ids(position, "y", len(payers)), self._account_ids.take(pa.array(cards[payers]))
            write_payments(bank, ids, accounts, paid_at[payers], paid[payers], ledger)
        movements.add(np.where(paid > 0, main, NOBODY), paid_at, -paid, REPAYMENT, cards)
        movements.add(np.where(paid > 0, cards, NOBODY), paid_at, paid, REPAYMENT, main)
        return np.where(main >= 0, paid, 0)

    def _wish_to_pay(self, chance: np.random.Generator, owed: np.ndarray, minimum: np.ndarray) -> np.ndarray:
        """The thrifty pay all, others the minimum, the strained sometimes nothing and the defaulted never."""
        people, condition = self._people, self._hardship.condition
        share_of_full_payers = np.clip(0.75 + 0.15 * people.thrift - 0.1 * people.impulse, 0.1, 0.98)
        pays_all = (chance.random(people.count) < share_of_full_payers) & (condition == EASY)
        skips = (condition == STRAINED) & (chance.random(people.count) < 0.35)
        return np.where((condition == DEFAULTED) | skips, 0, np.where(pays_all, owed, minimum))

    def _spend(
        self,
        month: Month,
        chance: np.random.Generator,
        main: np.ndarray,
        cards: np.ndarray,
        funds: np.ndarray,
        income: np.ndarray,
        movements: Movements,
    ) -> None:
        """Card payments and cash: a share of the income, more while the balance is above its target."""
        surplus = np.maximum(funds - self._target, 0)
        budget = np.minimum((1 - self._saved_share) * 0.9 * income + 0.25 * surplus + 0.08 * funds, 0.8 * funds)
        account = np.where(main >= 0, main, cards)
        for rate, size, draws_cash in ((1.6, 0.75, False), (0.16, 0.5, True)):
            person = np.repeat(np.arange(len(main)), chance.poisson(rate * (account >= 0)))
            amount = np.round(
                budget[person] * size / max(rate, 1) * np.exp(0.7 * chance.normal(size=len(person)) - 0.25)
            )
            amount = np.minimum(amount, 0.5 * budget[person])
            moment = month.moments(chance, len(person))
            if draws_cash:
                movements.add(main[person], moment, -np.round(amount, -4), CASH)
                continue
            on_card = (cards[person] >= 0) & (chance.random(len(person)) < self._card_share[person])
            room = np.where(cards >= 0, self._banks.limit_cents[cards] + self.balance[cards], 0)
            on_card &= amount < 0.3 * room[person]
            kind = np.where(chance.random(len(person)) < 0.55, POS, ONLINE)
            merchant = (self._banks.merchant_count * chance.random(len(person)) ** 2.5).astype(np.int64)
            movements.add(np.where(on_card, cards[person], main[person]), moment, -amount, kind, NOTHING, merchant)

    def _share_with_friends(
        self, month: Month, chance: np.random.Generator, main: np.ndarray, funds: np.ndarray, movements: Movements
    ) -> None:
        """Friends send each other small sums; those in difficulty mostly receive."""
        friends = self._people.friends
        happens = chance.random(len(friends)) < GIVES
        first_pays = chance.random(len(friends)) < 0.5
        payer = np.where(first_pays, friends[:, 0], friends[:, 1])[happens]
        payee = np.where(first_pays, friends[:, 1], friends[:, 0])[happens]
        swaps = (self._hardship.condition[payer] != EASY) & (chance.random(len(payer)) < 0.7)
        payer, payee = np.where(swaps, payee, payer), np.where(swaps, payer, payee)
        wish = USUAL_GIFT * self._people.income_cents[payer] * np.exp(0.8 * chance.normal(size=len(payer)))
        is_known_payer = main[payer] >= 0
        amount = np.where(is_known_payer, np.minimum(wish, 0.08 * funds[payer]), wish).round(-2)
        moment = month.moments(chance, len(payer))
        outsider = -2 - payer % OUTSIDERS
        movements.add(
            main[payer], moment, -amount, TRANSFER_OUT, np.where(main[payee] >= 0, main[payee], -2 - payee % OUTSIDERS)
        )
        movements.add(main[payee], moment, amount, TRANSFER_IN, np.where(is_known_payer, main[payer], outsider))

    def _give_to_friends_elsewhere(self, month: Month, main: np.ndarray, movements: Movements) -> np.ndarray:
        """Gifts that both districts know of. The cents that everyone sends, which are spent before anything else."""
        friends = self._neighbours
        happens, gives, cents, moment = friends.gifts(month)
        account = np.where(happens, main[friends.here], NOBODY)
        has_account = has_happened(friends.account_opened_at, month.start)
        place = len(self._banks.accounts.kind) + np.arange(len(account))
        other = np.where(has_account, place, -2 - friends.there % OUTSIDERS)
        movements.add(
            account, moment, np.where(gives, -cents, cents), np.where(gives, TRANSFER_OUT, TRANSFER_IN), other
        )
        return np.bincount(friends.here, np.where(gives & (account >= 0), cents, 0), len(main))

    def _pass_round(self, month: Month, main: np.ndarray, movements: Movements) -> None:
        """Fraud rings: the same sum goes from member to member, until all of it ends abroad with the leader."""
        rings, chance = self._people.rings, self._world.generator("rings", month.index)
        payer, payee, is_last = rings.circle(month.index)
        happens = (main[payer] >= 0) & (main[payee] >= 0) & (self.balance[main[payer]] > 0)
        payer, payee, is_last = payer[happens], payee[happens], is_last[happens]
        wish = np.where(is_last, 0.5, 0.25) * np.minimum(self.balance[main[payer]], self._people.income_cents[payer])
        amount = wish.round(-2)
        moment = month.start + chance.integers(10 * DAY_SECONDS, 20 * DAY_SECONDS, len(payer))
        movements.add(main[payer], moment, -amount, TRANSFER_OUT, main[payee])
        movements.add(main[payee], moment, amount, TRANSFER_IN, main[payer])
        fan_out = np.bincount(payee, np.where(is_last, amount, 0), self._people.count).round(-2)
        for outsider in range(FAN_OUT):
            leaders = np.flatnonzero(fan_out > 0)
            moment = month.start + 20 * DAY_SECONDS + chance.integers(0, 7 * DAY_SECONDS, len(leaders))
            share = (fan_out[leaders] / FAN_OUT).round(-2)
            movements.add(main[leaders], moment, -share, TRANSFER_OUT, -2 - (leaders + outsider) % OUTSIDERS)

    def _save(
        self, month: Month, chance: np.random.Generator, main: np.ndarray, funds: np.ndarray, movements: Movements
    ) -> None:
        """What is far above the target moves to savings; savings bear interest every quarter."""
        savings = self._banks.accounts.of_kind(SAVINGS, self._people.count, month.start)
        has_both = (main >= 0) & (savings >= 0)
        moved = np.where(has_both & (funds > 1.5 * self._target), 0.3 * (funds - self._target), 0).round(-4)
        moment = month.end - chance.integers(3_600, 3 * DAY_SECONDS, len(main))
        movements.add(np.where(moved > 0, main, NOBODY), moment, -moved, TRANSFER_OUT, savings)
        movements.add(np.where(moved > 0, savings, NOBODY), moment, moved, TRANSFER_IN, main)
        if month.first.month % 3 == 0:
            earned = np.where(savings >= 0, np.maximum(self.balance[savings], 0) // 400, 0)
            movements.add(savings, np.full(len(main), month.end - 1_800), earned, INTEREST)

    def _charge(self, month: Month, chance: np.random.Generator, main: np.ndarray, movements: Movements) -> None:
        """Reminders and returned debits cost a fee; mostly those in difficulty pay it."""
        share = np.array([0.015, 0.35, 0.3])[self._hardship.condition] * np.exp(0.6 * self._people.impulse)
        charged = (main >= 0) & (chance.random(len(main)) < share)
        moment = month.moments(chance, len(main))
        movements.add(np.where(charged, main, NOBODY), moment, np.full(len(main), -1_500), FEE)

    def _book(self, movements: Movements, chance: np.random.Generator, ledger: Ledger) -> None:
        """Running balances, then one row per movement in the books of its bank."""
        account, moment, amount, kind, counterparty, merchant = movements.in_order()
        total = np.cumsum(amount)
        is_first = np.concatenate([[True], account[1:] != account[:-1]])
        before = np.repeat((total - amount)[is_first], np.diff(np.append(np.flatnonzero(is_first), len(account))))
        balance = self.balance[account] + total - before
        self.balance[account] = balance  # the last movement of an account is written last and stays
        known_balance = np.where(chance.random(len(account)) < 0.02, NOTHING, balance)
        terminal = merchant * 3 + chance.integers(0, 3, len(account))
        has_category = chance.random(len(account)) >= 0.05
        for position in range(len(self._world.banks)):
            index = np.flatnonzero(self._banks.accounts.bank[account] == position)
            index = index[np.lexsort((account[index], moment[index]))]
            columns = {
                "transaction_id": self._ids(position, "t", len(index)),
                "account_id": self._banks.accounts.ids.take(pa.array(account[index])),
                "booked_at": moment[index],
                "amount_cents": amount[index],
                "balance_after_cents": known_balance[index],
                "transaction_type": chosen(TYPES, kind[index]),
                "counterparty_account_id": self._counterparties(counterparty[index]),
                **self._at_merchant(position, merchant[index], kind[index], terminal[index], has_category[index]),
            }
            ledger.add("transactions", day_of(moment[index]), columns, bank=self._world.banks[position])

    def _at_merchant(
        self, bank: int, merchant: np.ndarray, kind: np.ndarray, terminal: np.ndarray, has_category: np.ndarray
    ) -> dict[str, object]:
        """Where a card was used, as the bank knows it; one category in twenty is missing."""
        prefix, is_known, at_till = self._people.bank_prefixes[bank], merchant >= 0, kind == POS
        shop = np.maximum(merchant, 0)
        category = np.where(is_known & has_category, self._banks.merchant_kind[bank, shop], -1)
        return {
            "merchant_id": where(is_known, numbered(f"{prefix}m", shop)),
            "mcc": chosen([row[0] for row in MERCHANT_KINDS], category),
            "pos_terminal_id": where(is_known & at_till, numbered(f"{prefix}x", terminal)),
            "is_offline": pa.array(at_till | (kind == CASH)),
        }

    def _counterparties(self, counterparty: np.ndarray) -> pa.Array:
        inside = self._account_ids.take(pa.array(counterparty, mask=counterparty < 0))
        is_outsider = (counterparty < -1) & (counterparty != NOTHING)
        outside = numbered("xa", self._world.numbers(np.where(is_outsider, -2 - counterparty, 0)))
        return pa.compute.if_else(pa.array(is_outsider), outside, inside)

    def _ids(self, bank: int, kind: str, count: int) -> pa.Array:
        first = self._numbers[bank, kind]
        self._numbers[bank, kind] += count
        return self._world.ids(f"{self._people.bank_prefixes[bank]}{kind}", np.arange(first, first + count), 9)
