"""Small random tables in the shape of the families' parents, crowded where mistakes live: at midnights and at the
edges of windows, with ties, nulls, empty windows and rows after the day described."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchase_lines import PURCHASE_LINES
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.cleaned.statements import STATEMENTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.columns import SCENES
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Table

AS_OF: Final = date(2026, 3, 31)
ZONE: Final = ZoneInfo("Asia/Shanghai")
CUSTOMERS: Final = ("ann", "bob", "cem", "dia", "eve")
WINDOW_EDGES: Final = (0, 1, 29, 30, 59, 60, 89, 90, 179, 180, 364, 365)

RATES: Final = (0.0, 0.0888, 0.1188, 0.1488)

Row = dict[str, Any]


def local_day(moment: datetime) -> date:
    """The alliance's calendar day of a UTC moment, without Spark."""
    return moment.astimezone(ZONE).date()


def days_ago(moment: datetime) -> int:
    """Whole local days from the moment to AS_OF; negative after it."""
    return (AS_OF - local_day(moment)).days


class RandomRows:
    """Rows for every parent of the feature families; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        makers: Mapping[Table, Any] = {
            PURCHASES: self._purchase,
            BROWSING_EVENTS: self._browsing_event,
            TRANSACTIONS: self._transaction,
        }
        self.rows: dict[Table, list[Row]] = {
            table: [make(number) for number in range(120)] for table, make in makers.items()
        }
        self.rows[IDENTITIES] = self._identities()
        self.rows[REFUNDS] = [self._refund(number) for number in range(60)]
        self.rows[INSTALMENTS] = [row for number in range(24) for row in self._plan(number)]
        self.rows[REPAYMENTS] = [self._repayment(number) for number in range(60)]
        self.rows[TRANSFERS] = [self._transfer(*pair) for pair in self._pairs()]
        self.rows[SHARED_IDENTIFIERS] = [self._shared_identifier(*sorted(pair)) for pair in self._pairs()]
        self.rows[IDENTIFIER_HOLDERS] = [self._holder(f"d{number % 9}", number // 9) for number in range(36)]
        self.rows[PAYMENTS] = [self._payment(number) for number in range(80)]
        self.rows[ACCOUNTS] = [self._account(bank, name) for bank in ("harbour", "meridian") for name in CUSTOMERS]
        self.rows[STATEMENTS] = [self._statement(number) for number in range(40)]
        self.rows[CREDIT_ACCOUNTS] = [self._line(number) for number in range(12)]
        self.rows[ENDED_ORDERS] = [self._ended_order(number) for number in range(60)]
        self.rows[SHOP_USERS], self.rows[BANK_CUSTOMERS] = [], []
        for record in (row["source_record_id"] for row in self.rows[IDENTITIES]):
            if record.startswith("shop:"):
                self.rows[SHOP_USERS].append(self._person(record) | self._verified_at_the_shop())
            else:
                self.rows[BANK_CUSTOMERS].append(self._person(record) | self._verified_at(record.split(":")[0]))
        kinds = ("referral", "gift")
        self.rows[FAVOURS] = [self._favour(*pair, kind) for pair in self._pairs() for kind in kinds]
        self.rows[PURCHASE_LINES] = [self._purchase_line(number) for number in range(120)]
        self.rows[ACCOUNTS] += [
            {**card, "account_id": card["account_id"].replace("credit_card", "current"), "account_type": "current"}
            for card in self.rows[ACCOUNTS]
        ]

    def by(self, tables: Sequence[Table], *, moments: Mapping[Table, str]) -> dict[Table, list[Row]]:
        """The rows of which the moment, where the table has one, lies by AS_OF."""
        return {
            table: [row for row in self.rows[table] if table not in moments or days_ago(row[moments[table]]) >= 0]
            for table in tables
        }

    def moment(self) -> datetime:
        """A moment from 400 days before AS_OF to 20 days after it, often on an edge of a window or of a day."""
        edges, any_days, days_after = WINDOW_EDGES, (self.chance.randint(0, 400),), (-1, -self.chance.randint(2, 20))
        before = self.chance.choice(self.chance.choices((edges, any_days, days_after), weights=(5, 4, 2))[0])
        clock = self.chance.choice((time(0), time(23, 59, 59), time(self.chance.randint(0, 23), 30)))
        return datetime.combine(AS_OF - timedelta(days=before), clock, ZONE).astimezone(UTC)

    def record(self) -> str:
        """One of the records, or one that nobody knows."""
        return self.chance.choice(
            (*(f"shop:{name}" for name in CUSTOMERS), "shop:ann-again", "shop:fay", "shop:nobody")
        )

    def cents(self) -> int:
        return self.chance.choice((0, 1, self.chance.randint(1, 99_999), self.chance.randint(1, 9_999_999_999)))

    def _identities(self) -> list[Row]:
        records = {f"{partner}:{name}": name for partner in ("shop", "harbour", "meridian") for name in CUSTOMERS}
        since = {"harbour:fay": datetime(2026, 3, 31, 16, tzinfo=UTC)}  # a second too late
        rules = ("national_id", "phone_and_birth_date", "alone")
        return [
            {
                "source_record_id": record,
                "customer_id": name,
                "matched_by": rules[number % len(rules)],
                "weakest_match_probability": (None, 0.9, 0.999, 0.95)[number % 4],
                "has_bridge": number % 5 == 0,
                "record_since": since.get(record, datetime(2024, 2, 29, number % 24, tzinfo=UTC)),
            }
            for number, (record, name) in enumerate(
                {**records, "shop:ann-again": "ann", "shop:fay": "fay", "harbour:fay": "fay"}.items()
            )
        ]

    def _purchase(self, number: int) -> Row:
        gross = self.cents()
        discount = self.chance.choice((0, gross, gross // 3))
        return {
            "order_id": f"o{number}",
            "source_record_id": self.record(),
            "paid_at": self.moment(),
            "payment_method": ("instalment_credit", "wallet", "bank_card")[number % 3],
            "sales_channel": ("app", "web", "mini_program", "offline_code")[number // 3 % 4],
            "gross_cents": gross,
            "discount_cents": discount,
            "net_cents": gross - discount,
            "scene": self.chance.choice(SCENES),
            "is_offline": number % 3 == 0,
            "item_count": (None, 1, 2, 7)[number % 4],
            "piece_count": (None, 1, 5, 9)[number % 4],
            "shipping_address_token": (None, "home", "work", "home")[number % 4],
            "ip_address_token": (None, "at home", "at work", "at home", "on the way")[number % 5],
        }

    def _purchase_line(self, number: int) -> Row:
        return {
            "order_id": f"o{number // 2}",
            "line_number": number % 2 + 1,
            "source_record_id": self.record(),
            "paid_at": self.moment(),
            "category_code": self.chance.choice(("retail_a", "retail_b", "travel_a", "travel_b")),
            "brand": self.chance.choice((None, "b1", "b2", "b3", "b4", "b5")),
            "unit_price_cents": 0 if number % 5 == 0 else self.cents(),
        }

    def _refund(self, number: int) -> Row:
        order = self.chance.choice(self.rows[PURCHASES])
        is_cancelled = self.chance.random() < 0.1
        return {
            "refund_id": f"r{number}",
            "order_id": "cancelled" if is_cancelled else order["order_id"],
            "source_record_id": order["source_record_id"],
            "refunded_at": self.moment(),
            "amount_cents": order["net_cents"] // self.chance.choice((1, 2)),
        }

    def _browsing_event(self, number: int) -> Row:
        return {
            "event_id": f"e{number}",
            "source_record_id": self.chance.choice((None, self.record())),
            "session_id": f"s{self.chance.randint(0, 30)}",
            "occurred_at": self.moment(),
            "event_type": self.chance.choice(("view", "search", "add_to_cart", "login", "checkout", "purchase")),
            "device_id": f"d{number % 4}",
            "category_code": (None, "retail_a", "retail_b", "travel_a")[number // 2 % 4],
            "sku_id": (None, "s1", "s2", "s3", "s4")[number // 3 % 5],
            "client": (None, "app", "web")[number // 5 % 3],
        }

    def _transaction(self, number: int) -> Row:
        owner, bank = self.chance.choice(CUSTOMERS), self.chance.choice(("harbour", "meridian"))
        account_type = self.chance.choice(("current", "savings", "credit_card", "loan"))
        other = f"{self.chance.choice(CUSTOMERS)}-{self.chance.choice(('current', 'savings', 'credit_card', 'loan'))}"
        return {
            "bank_code": bank,
            "transaction_id": f"t{number:04d}",
            "account_id": f"{owner}-{account_type}",
            "source_record_id": f"{bank}:{owner}",
            "account_type": account_type,
            "booked_at": self.moment(),
            "amount_cents": self.cents() * self.chance.choice((1, -1)),
            "balance_after_cents": self.chance.choice((None, self.cents(), -self.cents())),
            "transaction_type": self.chance.choice(
                ("pos", "online", "transfer_in", "transfer_out", "salary", "cash", "fee")
            ),
            "counterparty_account_id": self.chance.choice((None, other)),
            "is_offline": self.chance.choice((True, False)),
            "merchant_id": (None, "m1", "m2", "m3")[number % 4],
            "scene": (None, "retail", "travel", "medical")[number % 4],
            "mcc": (None, "5411", "5812", "4111", "5411")[number // 4 % 5],
        }

    def _plan(self, number: int) -> list[Row]:
        opened_at, record = self.moment(), self.record()
        return [
            self._instalment(f"p{number}", position, opened_at, record)
            for position in range(1, self.chance.choice((1, 3, 6)) + 1)
        ]

    def _instalment(self, plan_id: str, position: int, opened_at: datetime, record: str) -> Row:
        due_date = AS_OF - timedelta(days=self.chance.choice((*WINDOW_EDGES, -1, -30, -31, 61, 91)))
        settled_date = due_date + timedelta(days=self.chance.choice((-4, -3, -2, -1, 0, 1, 30, 59, 60, 90)))
        is_settled = self.chance.random() < 0.6 and settled_date <= AS_OF
        due_cents = self.chance.randint(1, 99_999)
        is_rescheduled = self.chance.random() < 0.2
        is_paid_in_part = not is_settled and self.chance.random() < 0.3
        return {
            "plan_id": plan_id,
            "instalment_number": position,
            "source_record_id": record,
            "plan_opened_at": opened_at,
            "due_date": due_date,
            "due_cents": due_cents,
            "is_rescheduled": is_rescheduled,
            "schedule_version": 1 + len(plan_id) * is_rescheduled,
            "rescheduled_at": datetime.combine(AS_OF - timedelta(days=self.chance.choice(WINDOW_EDGES)), time(3), UTC)
            if is_rescheduled
            else None,
            "annual_rate": RATES[int(plan_id.removeprefix("p")) % len(RATES)],
            "paid_cents": due_cents if is_settled else due_cents // 2 if is_paid_in_part else 0,
            "settled_date": settled_date if is_settled else None,
            "last_paid_at": datetime.combine(settled_date, time(3), UTC) if is_settled else None,
        }

    def _repayment(self, number: int) -> Row:
        instalment = self.chance.choice(self.rows[INSTALMENTS])
        is_reversal = self.chance.random() < 0.5
        return {
            "repayment_id": f"y{number}",
            "plan_id": instalment["plan_id"],
            "instalment_number": instalment["instalment_number"],
            "source_record_id": instalment["source_record_id"],
            "paid_at": self.moment(),
            "amount_cents": -500 if is_reversal else 500,
            "is_reversal": is_reversal,
        }

    def _line(self, number: int) -> Row:
        return {
            "credit_account_id": f"c{number}",
            "source_record_id": self.record(),
            "opened_at": self.moment(),
            "limit_cents": self.chance.choice((0, 500_000, 700_001)),
        }

    def _ended_order(self, number: int) -> Row:
        return {
            "order_id": f"o{number}",
            "source_record_id": self.record(),
            "ended_at": self.moment(),
            "ending": self.chance.choice(("delivered", "refused", "cancelled")),
            "payment_method": ("cash_on_delivery", "wallet", "cash_on_delivery")[number % 3],
            "is_paid": self.chance.random() < 0.5,
            "net_cents": self.cents(),
        }

    def _account(self, bank: str, name: str) -> Row:
        opened_at = self.moment()
        return {
            "bank_code": bank,
            "account_id": f"{name}-credit_card",
            "source_record_id": f"{bank}:{name}",
            "account_type": "credit_card",
            "opened_at": opened_at,
            "closed_at": opened_at + timedelta(days=40) if self.chance.random() < 0.3 else None,
            "credit_limit_cents": self.chance.choice((None, 0, 500_000, 700_001)),
        }

    def _statement(self, number: int) -> Row:
        account = self.chance.choice([row for row in self.rows[ACCOUNTS] if days_ago(row["opened_at"]) >= 0])
        published_at = self.moment()
        statement_date = local_day(published_at)
        return {
            **{name: account[name] for name in ("bank_code", "account_id", "source_record_id")},
            "statement_id": f"s{number:03d}",
            "statement_date": statement_date,
            "due_date": statement_date + timedelta(days=20),
            "published_at": published_at,
            "balance_cents": self.chance.randint(0, 900_000),
            "credit_limit_cents": self.chance.choice((None, 0, 500_000, 700_001)),
            "minimum_due_cents": 5_000,
            "paid_cents": self.chance.choice((0, 4_999, 5_000, 9_999)),
        }

    def _person(self, record: str) -> Row:
        token = self.chance.choice(("one", "two"))
        return {
            "source_record_id": record,
            "full_name_token": token,
            "phone_token": self.chance.choice((None, token)),
            "email_token": self.chance.choice((None, token)),
            "national_id_token": self.chance.choice((None, token)),
            "birth_date": self.chance.choice((None, date(1990, 2, 28), date(1992, 2, 29), date(2008, 4, 1))),
            "gender": self.chance.choice((None, "female", "male")),
            "city_code": self.chance.choice((None, "c1")),
            "occupation": self.chance.choice((None, "teacher")),
            "updated_at": datetime(2026, 3, self.chance.randint(1, 31), 15, 59, 59, tzinfo=UTC),
        }

    def _verified_at_the_shop(self) -> Row:
        return {
            "is_real_name_verified": self.chance.random() < 0.5,
            "city_tier": self.chance.choice((None, 1, 2, 3)),
        }

    def _verified_at(self, bank: str) -> Row:
        return {"bank_code": bank, "kyc_level": self.chance.randint(0, 3)}

    def _pairs(self) -> list[tuple[str, str]]:
        pairs = [(one, other) for one in CUSTOMERS for other in CUSTOMERS if one != other]
        return self.chance.sample(pairs, 8)

    def _transfer(self, payer: str, payee: str) -> Row:
        count = self.chance.randint(0, 3)
        row: Row = {
            "payer_customer_id": payer,
            "payee_customer_id": payee,
            "transfer_count_180d": count,
            "amount_cents_sum_180d": count * self.cents(),
            "first_transferred_at": self.moment(),
        }
        return {**row, "last_transferred_at": row["first_transferred_at"] + timedelta(days=20 * count)}

    def _shared_identifier(self, first: str, second: str) -> Row:
        return {
            "first_customer_id": first,
            "second_customer_id": second,
            "identifier_type": self.chance.choice(("phone", "address", "device")),
            "tie_weight": self.chance.choice((1.0, 1 / 3)),
            "first_seen_at": self.moment(),
        }

    def _favour(self, giver: str, receiver: str, kind: str) -> Row:
        return {
            "giver_customer_id": giver,
            "receiver_customer_id": receiver,
            "favour_type": kind,
            "first_seen_at": self.moment(),
        }

    def _holder(self, identifier: str, number: int) -> Row:
        moment = self.moment()
        return {
            "identifier_type": "device",
            "identifier": identifier,
            "customer_id": CUSTOMERS[number],
            "first_seen_at": moment,
            "last_seen_at": moment,
            "holder_count": 4,
        }

    def _payment(self, number: int) -> Row:
        return {
            "bank_code": "harbour",
            "transaction_id": f"m{number:03d}",
            "payer_source_record_id": f"harbour:{self.chance.choice(CUSTOMERS)}",
            "payee_source_record_id": f"meridian:{self.chance.choice(CUSTOMERS)}",
            "transferred_at": self.moment(),
            "amount_cents": self.cents(),
        }
