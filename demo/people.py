"""The inhabitants: what they are like, who lives with whom, who knows whom, and which partners know them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.tables import NOTHING, numbered
from demo.world import DAY_SECONDS, World, day_number, moment_of

EDUCATIONS = ("secondary", "college", "bachelor", "master")
OCCUPATIONS = ("employee", "civil_servant", "worker", "driver", "self_employed", "student", "retired", "other")
STEADY_WORK = np.array([0.3, 1.3, -0.1, -0.5, -1.0, -0.9, 1.2, -0.2])
"""How steady the income of each occupation is, in standard deviations."""


@dataclass(frozen=True)
class People:
    """One entry per inhabitant in every array; traits are standard-normal unless stated otherwise.

    hazard: the latent leaning to default that income, thrift, impulse and steadiness bring about, and luck besides.
    registered_at, bank_opened_at: moments, later than any day asked for when it has not happened yet; NOTHING: never.
    bank_opened_at and bank_number have one column for each bank. friends: pairs of inhabitants, the smaller first.
    shop_number, bank_number: under which number each partner files the person; nothing ties them to each other.
    """

    count: int
    is_male: np.ndarray
    birth_day: np.ndarray
    city: np.ndarray
    household: np.ndarray
    education: np.ndarray
    occupation: np.ndarray
    income_cents: np.ndarray
    thrift: np.ndarray
    impulse: np.ndarray
    steadiness: np.ndarray
    hazard: np.ndarray
    registered_at: np.ndarray
    bank_opened_at: np.ndarray
    friends: np.ndarray
    shop_number: np.ndarray
    bank_number: np.ndarray
    bank_prefixes: tuple[str, ...]
    names: list[str]
    national_ids: list[str]
    emails: list[str]
    addresses: list[str]
    ip_addresses: list[str]

    def shop_user_ids(self, persons: np.ndarray) -> pa.Array:
        """The shop's id of each person."""
        return numbered("u", self.shop_number[persons])

    def bank_customer_ids(self, bank: int, persons: np.ndarray) -> pa.Array:
        """The id that the bank in that position gives to each person."""
        return numbered(f"{self.bank_prefixes[bank]}c", self.bank_number[persons, bank])


def settle(world: World) -> People:
    """Everyone who lives in the world."""
    chance, count = world.generator("people"), world.people
    traits = _traits(chance, count)
    household, city = _households(chance, count)
    is_male = chance.random(count) < 0.51
    age_days = (18 + 52 * chance.beta(1.7, 2.6, count)) * 365.25
    birth_day = (day_number(world.first_month) - age_days).astype(np.int64)
    registered_at, bank_opened_at = _relations(world, chance, traits["income_z"])
    names = [spelling.full_name(bool(male), chance) for male in is_male]
    ids = [
        spelling.national_id(spelling.CITIES[city[i]][0], int(birth_day[i]), i % 49_500, bool(is_male[i]))
        for i in range(count)
    ]
    return People(
        count=count,
        is_male=is_male,
        birth_day=birth_day,
        city=city,
        household=household,
        education=traits["education"].astype(np.int64),
        occupation=traits["occupation"].astype(np.int64),
        income_cents=traits["income"].astype(np.int64),
        thrift=traits["thrift"],
        impulse=traits["impulse"],
        steadiness=traits["steadiness"],
        hazard=traits["hazard"],
        registered_at=registered_at,
        bank_opened_at=bank_opened_at,
        friends=_friends(chance, household, traits["hazard"]),
        shop_number=chance.permutation(count),
        bank_number=np.stack([chance.permutation(count) for _ in world.banks], axis=1),
        bank_prefixes=_prefixes(world.banks),
        names=names,
        national_ids=ids,
        emails=[spelling.email(i, i // 3, float(s)) for i, s in enumerate(chance.random(count))],
        addresses=[spelling.address(spelling.CITIES[city[i]][1], int(household[i])) for i in range(count)],
        ip_addresses=[spelling.ip_address(int(number)) for number in household],
    )


def _prefixes(banks: tuple[str, ...]) -> tuple[str, ...]:
    """What the ids of each bank begin with, so that they differ from all others: a letter where that is enough."""
    letters = tuple(bank[0] for bank in banks)
    return letters if len(set(letters)) == len(banks) else tuple(f"{bank}-" for bank in banks)


def _traits(chance: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    thrift, impulse, luck = chance.normal(size=(3, count))
    education = chance.choice(len(EDUCATIONS), count, p=[0.38, 0.30, 0.26, 0.06])
    occupation = chance.choice(len(OCCUPATIONS), count, p=[0.42, 0.08, 0.18, 0.07, 0.10, 0.05, 0.06, 0.04])
    steadiness = 0.75 * STEADY_WORK[occupation] + 0.65 * chance.normal(size=count)
    income_z = 0.45 * (education - 1.0) + 0.25 * steadiness + 0.75 * chance.normal(size=count)
    # The weights make income, character and work about equally important, so no single column gives the answer away.
    hazard = -0.45 * income_z - 0.55 * thrift + 0.50 * impulse - 0.45 * steadiness + 0.30 * luck
    return {
        "thrift": thrift,
        "impulse": impulse,
        "education": education,
        "occupation": occupation,
        "steadiness": steadiness,
        "income_z": income_z,
        "income": np.round(650_000 * np.exp(0.5 * income_z), -3),  # a median of 6 500 yuan a month
        "hazard": (hazard - hazard.mean()) / hazard.std(),
    }


def _households(chance: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    sizes = chance.choice([1, 2, 3, 4], count, p=[0.45, 0.27, 0.2, 0.08])
    household = np.repeat(np.arange(count), sizes)[:count]
    weights = np.array([city[3] for city in spelling.CITIES], float)
    city_of_household = chance.choice(len(weights), count, p=weights / weights.sum())
    return household, city_of_household[household]


def _relations(world: World, chance: np.random.Generator, income_z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When each person came to the shop and to each bank: spread over six years, the last one still to come."""
    count, banks = world.people, len(world.banks)
    ends = moment_of(world.first_business_date)
    begins = ends - 5 * 365 * DAY_SECONDS
    moments = chance.integers(begins, ends + 365 * DAY_SECONDS, (count, banks + 1))
    uses_shop = chance.random(count) < 0.66
    uses_banks = chance.random(count) < np.clip(0.62 + 0.06 * income_z, 0, 1)
    main_bank = chance.integers(0, banks, count)
    second_bank = (main_bank + 1) % banks
    has_second = uses_banks & (chance.random(count) < 0.10) & (banks > 1)
    at_bank = np.zeros((count, banks), bool)
    at_bank[np.arange(count)[uses_banks], main_bank[uses_banks]] = True
    at_bank[np.arange(count)[has_second], second_bank[has_second]] = True
    return np.where(uses_shop, moments[:, 0], NOTHING), np.where(at_bank, moments[:, 1:], NOTHING)


def _friends(chance: np.random.Generator, household: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Pairs who give each other money: families, and friends who resemble each other in their leaning to default."""
    count = len(household)
    family = np.flatnonzero(household[:-1] == household[1:])
    rank = np.argsort(hazard + 0.8 * chance.normal(size=count))
    places = chance.integers(0, count, 2 * count)
    near = np.clip(places + chance.integers(1, max(3, count // 40), 2 * count), 0, count - 1)
    pairs = np.concatenate([np.stack([family, family + 1], axis=1), np.stack([rank[places], rank[near]], axis=1)])
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)
