"""The inhabitants of a district: what they are like, where they live and work, and which partners know them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.movements import NOBODY
from demo.rings import Rings, plant_rings
from demo.society import Society, join_society
from demo.tables import NOTHING, has_happened
from demo.world import DAY_SECONDS, District, day_number, moment_of

EDUCATIONS = ("secondary", "college", "bachelor", "master")
OCCUPATIONS = ("employee", "civil_servant", "worker", "driver", "self_employed", "student", "retired", "other")
STEADY_WORK = np.array([0.3, 1.3, -0.1, -0.5, -1.0, -0.9, 1.2, -0.2])
"""How steady the income of each occupation is, in standard deviations."""
AGES = np.array([(20, 62), (21, 60), (18, 62), (21, 62), (22, 68), (18, 27), (50, 80), (18, 75)])
"""The youngest and the oldest of each occupation: nobody works before 18, studies after 27 or retires before 50."""
OF_AGE_DAYS = 6_575  # eighteen years
PEOPLE_FOR_A_SECOND_ACCOUNT = 50  # one in so many opens another account at the shop, under another e-mail address
PEOPLE_FOR_A_PROMOTER = 40
SECOND_BANK, THIRD_BANK = 0.10, 0.02  # of those who use a bank at all, where there are so many banks


@dataclass(frozen=True)
class People:
    """One entry per inhabitant in every array; traits are standard-normal unless stated otherwise.

    The last entries, from `persons` on, are no people but second accounts at the shop: owner says whose, and everyone
    else is their own owner. They are like their owner, and known to no bank.
    hazard: the latent leaning to default that income, thrift, impulse and steadiness bring about, and luck besides.
    registered_at, bank_opened_at: moments, later than any day asked for when it has not happened yet; NOTHING: never.
    bank_opened_at and bank_number have one column for each bank. friends: pairs of inhabitants, the smaller first.
    shop_number, bank_number: under which number each partner files the person; nothing ties them to each other.
    home: the number of each household's home in the world.
    promoter: who won the person for the shop in the street, from the day of a drift on; NOBODY for all others.
    """

    district: District
    count: int
    persons: int
    owner: np.ndarray
    is_male: np.ndarray
    birth_day: np.ndarray
    city: np.ndarray
    society: Society
    rings: Rings
    home: np.ndarray
    education: np.ndarray
    occupation: np.ndarray
    income_cents: np.ndarray
    thrift: np.ndarray
    impulse: np.ndarray
    steadiness: np.ndarray
    hazard: np.ndarray
    registered_at: np.ndarray
    promoter: np.ndarray
    bank_opened_at: np.ndarray
    shop_number: np.ndarray
    bank_number: np.ndarray
    bank_prefixes: tuple[str, ...]
    names: pa.Array
    national_ids: pa.Array
    emails: pa.Array
    ip_addresses: pa.Array

    @property
    def household(self) -> np.ndarray:
        """The household of each person, numbered within the district."""
        return self.society.household

    @property
    def friends(self) -> np.ndarray:
        """Pairs who give each other money."""
        return self.society.friends

    def shop_user_ids(self, persons: np.ndarray) -> pa.Array:
        """The shop's id of each person."""
        return self.district.ids("u", self.shop_number[persons])

    def bank_customer_ids(self, bank: int, persons: np.ndarray) -> pa.Array:
        """The id that the bank in that position gives to each person."""
        return self.district.ids(f"{self.bank_prefixes[bank]}c", self.bank_number[persons, bank])


def settle(district: District) -> People:
    """Everyone who lives in the district."""
    persons = district.people
    chance, count = district.generator("people"), persons + persons // PEOPLE_FOR_A_SECOND_ACCOUNT
    traits = _traits(chance, count)
    registered_at, bank_opened_at = _relations(district, chance, traits["income_z"])
    bank_opened_at[persons:] = NOTHING
    owner = _owners(chance, persons, registered_at)
    traits = {name: values[owner] for name, values in traits.items()}
    society = join_society(chance, traits["hazard"], traits["occupation"].astype(np.int64)).with_owners(persons, owner)
    city = _cities(chance, society.household)
    is_male = (chance.random(count) < 0.51)[owner]
    youngest, oldest = AGES[traits["occupation"].astype(np.int64)].T
    age_days = (youngest + (oldest - youngest) * chance.beta(1.7, 2.6, count)[owner]) * 365.25
    birth_day = (day_number(district.first_month) - age_days).astype(np.int64)
    registered_at, bank_opened_at = (_of_age(began_at, birth_day) for began_at in (registered_at, bank_opened_at))
    number = district.numbers(np.arange(count))
    rings = plant_rings(district, registered_at, bank_opened_at)
    home = district.numbers(rings.share(society.household))
    registered_at, promoter = _won_by_promoters(district, persons, registered_at, traits["hazard"])
    return People(
        district=district,
        count=count,
        persons=persons,
        owner=owner,
        is_male=is_male,
        birth_day=birth_day,
        city=rings.share(city),
        society=society,
        rings=rings,
        home=home,
        education=traits["education"].astype(np.int64),
        occupation=traits["occupation"].astype(np.int64),
        income_cents=traits["income"].astype(np.int64),
        thrift=traits["thrift"],
        impulse=traits["impulse"],
        steadiness=traits["steadiness"],
        hazard=traits["hazard"],
        registered_at=registered_at,
        promoter=promoter,
        bank_opened_at=bank_opened_at,
        shop_number=chance.permutation(count),
        bank_number=np.stack([chance.permutation(count) for _ in district.banks], axis=1),
        bank_prefixes=_prefixes(district.banks),
        names=spelling.full_names(is_male, chance).take(pa.array(owner)),
        national_ids=_national_ids(district, city[:persons], birth_day[:persons], is_male[:persons]).take(
            pa.array(owner)
        ),
        emails=spelling.emails(number, chance.random(count)),
        ip_addresses=spelling.ip_addresses(home),
    )


def _national_ids(district: District, city: np.ndarray, birth_day: np.ndarray, is_male: np.ndarray) -> pa.Array:
    """No two of the world alike: each district has numbers of its own for the people of one birthday and city."""
    day = birth_day * len(spelling.CITIES) + city
    order = np.argsort(day, kind="stable")
    rank = np.empty(len(day), np.int64)
    rank[order] = np.arange(len(day)) - np.searchsorted(day[order], day[order])
    return spelling.national_ids(city, birth_day, district.numbers(rank), is_male)


def _of_age(began_at: np.ndarray, birth_day: np.ndarray) -> np.ndarray:
    """Nobody's relation begins before the eighteenth birthday; everyone is of age when the history begins."""
    of_age_at = ((birth_day + OF_AGE_DAYS) * DAY_SECONDS).reshape(-1, *[1] * (began_at.ndim - 1))
    return np.where(began_at == NOTHING, NOTHING, np.maximum(began_at, of_age_at))


def _owners(chance: np.random.Generator, persons: int, registered_at: np.ndarray) -> np.ndarray:
    """Whose account each entry is; second accounts belong to people whom the shop knows, or will."""
    owner = np.arange(len(registered_at))
    known = np.flatnonzero(registered_at[:persons] != NOTHING)
    owner[persons:] = chance.choice(known, len(owner) - persons, replace=False)
    return owner


def _won_by_promoters(
    district: District, persons: int, registered_at: np.ndarray, hazard: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """When everyone registers, and who won them; only a drift has promoters, and only from its day on.

    They win people who would never have come, rather those who lean to difficulty: adverse selection (Akerlof 1970).
    """
    drift, nobody = district.world.drift, np.full(len(registered_at), NOBODY)
    if drift is None or not drift.won_share:
        return registered_at, nobody
    chance, begins = district.generator("promoters"), moment_of(drift.begins)
    appeal = np.exp(0.8 * hazard)
    is_won = chance.random(len(hazard)) < drift.won_share * appeal / appeal.mean()
    at = begins + chance.integers(0, 365 * DAY_SECONDS, len(hazard))
    is_won &= (registered_at == NOTHING) & (np.arange(len(hazard)) < persons)
    known = np.flatnonzero(has_happened(registered_at, begins) & (np.arange(len(hazard)) < persons))
    if not len(known):
        return registered_at, nobody
    promoters = chance.choice(known, min(len(known), 1 + int(is_won.sum()) // PEOPLE_FOR_A_PROMOTER), replace=False)
    promoter = np.where(is_won, promoters[chance.integers(0, len(promoters), len(hazard))], NOBODY)
    return np.where(is_won, at, registered_at), promoter


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
        "income": np.round(
            650_000 * np.exp(0.5 * income_z), -3
        ),  # a median of 6 500 yuan a month, see demo.world_report
        "hazard": (hazard - hazard.mean()) / hazard.std(),
    }


def _cities(chance: np.random.Generator, household: np.ndarray) -> np.ndarray:
    weights = np.array([city[3] for city in spelling.CITIES], float)
    return np.asarray(chance.choice(len(weights), len(household), p=weights / weights.sum())[household])


def _relations(district: District, chance: np.random.Generator, income_z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When each person came to the shop and to each bank: spread over six years, the last one still to come."""
    count, banks = len(income_z), len(district.banks)
    ends = moment_of(district.first_business_date)
    begins = ends - 5 * 365 * DAY_SECONDS
    moments = chance.integers(begins, ends + 365 * DAY_SECONDS, (count, banks + 1))
    uses_shop = chance.random(count) < 0.66
    uses_banks = chance.random(count) < np.clip(0.62 + 0.06 * income_z, 0, 1)
    main_bank = chance.integers(0, banks, count)
    more = chance.random(count)
    at_bank = np.zeros((count, banks), bool)
    for place, share in enumerate((1.0, SECOND_BANK, THIRD_BANK)[:banks]):
        persons = np.flatnonzero(uses_banks & (more < share))
        at_bank[persons, (main_bank[persons] + place) % banks] = True
    return np.where(uses_shop, moments[:, 0], NOTHING), np.where(at_bank, moments[:, 1:], NOTHING)
