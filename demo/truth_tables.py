"""What is true of one district, table by table, as the contracts of the truth promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from demo.buying import SEASON
from demo.hardship import HORIZON_MONTHS
from demo.life import DistrictLife
from demo.movements import NOBODY
from demo.people import OCCUPATIONS
from demo.rings import NO_RING
from demo.society import NO_WORKPLACE
from demo.spelling import CITIES, addresses
from demo.tables import NOTHING, chosen, has_happened, where
from demo.truth_contracts import MOMENT
from demo.uplift import RESPONSES
from demo.wishes import CHANNELS
from demo.world import DAY_SECONDS, day_number, moment_of

OUTCOME_OF_APPLICATIONS_MONTHS = 12
Columns = Mapping[str, Any]


def _people(life: DistrictLife, last_day: date) -> Columns:
    people, everyone = life.people, np.arange(life.people.persons)
    workplace, default = people.society.workplace[everyone], life.hardship.first_default_month[everyone]
    promoter, elsewhere = people.promoter[everyone], np.bincount(life.neighbours.here, minlength=people.count)
    by_city = people.city[everyone]
    return {
        "person_id": _persons(life, everyone),
        "district": np.full(people.persons, life.district.index, np.int32),
        "household_id": life.district.numbers(people.household[everyone]),
        "workplace_id": pa.array(life.district.numbers(workplace), mask=workplace == NO_WORKPLACE),
        "shop_user_id": where(_is_known(people.registered_at[everyone], last_day), people.shop_user_ids(everyone)),
        "bank_relation_count": _is_known(people.bank_opened_at[everyone], last_day).sum(axis=1).astype(np.int32),
        "friend_count": (people.society.degree + elsewhere)[everyone].astype(np.int32),
        "is_male": people.is_male[everyone],
        "birth_date": pa.array(people.birth_day[everyone].astype(np.int32)).cast(pa.date32()),
        "city_code": chosen([city[0] for city in CITIES], by_city),
        "city_tier": np.array([city[2] for city in CITIES], np.int32)[by_city],
        "occupation": chosen(OCCUPATIONS, people.occupation[everyone]),
        "monthly_income_cents": people.income_cents[everyone],
        "latent_hazard": people.hazard[everyone],
        "promoter_person_id": pa.array(_persons(life, promoter), mask=promoter == NOBODY),
        "first_default_month": pa.array(np.maximum(default, 0).astype(np.int32), mask=default < 0),
    }


def _source_ids(life: DistrictLife, last_day: date) -> Columns:
    wishes, parts = life.wishes, []
    for holder, forgotten_at in wishes.forgotten_at.items():
        began_at = wishes.began_at(holder)
        known = np.flatnonzero(_is_known(began_at, last_day))
        until = np.where(forgotten_at < _end_of(last_day), forgotten_at, NOTHING)[known]
        partner = pa.repeat(pa.scalar(holder or "shop"), len(known))
        parts.append((_persons(life, known), partner, wishes.subject_ids(holder, known), began_at[known], until))
    persons, partners, ids, begins, ends = zip(*parts, strict=True)
    return {
        "person_id": np.concatenate(persons),
        "partner": pa.concat_arrays(partners),
        "source_id": pa.concat_arrays(ids),
        "valid_from": _moments(np.concatenate(begins)),
        "valid_to": _moments(np.concatenate(ends)),
    }


def _phones(life: DistrictLife, _last_day: date) -> Columns:
    """What the shop knows of, one after the other, and what only a bank was told: own numbers, and given-up ones."""
    person, number, begins, ends = _phones_at_shop(life)
    own = np.arange(life.people.persons)
    is_shared = life.shop.users.phone_changes[0][2][own] != own
    given_up = life.banks.has_old_number.any(axis=1)[own]
    count = life.people.count
    history = moment_of(life.district.first_month)
    for persons, numbers, end in (
        (own[is_shared], own[is_shared], NOTHING),
        (own[given_up], count + own[given_up], history),
    ):
        person, number = np.append(person, persons), np.append(number, numbers)
        begins, ends = np.append(begins, np.full(len(persons), NOTHING)), np.append(ends, np.full(len(persons), end))
    # Two accounts of one person may have one number: told once, as long as either has it.
    person, until = _persons(life, person), np.where(ends == NOTHING, np.iinfo(np.int64).max, ends)
    order = np.lexsort((-until, begins, number, person))
    told = np.stack([person, number, begins])[:, order]
    kept = order[np.append(True, (told[:, 1:] != told[:, :-1]).any(axis=0))]
    person, number, begins, ends = person[kept], number[kept], begins[kept], ends[kept]
    return {
        "person_id": person,
        "phone": life.shop.users.phones(number),
        "valid_from": _moments(begins),
        "valid_to": _moments(ends),
    }


def _phones_at_shop(life: DistrictLife) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    changes = life.shop.users.phone_changes
    begins = np.concatenate(
        [np.full(len(persons), at if turn else NOTHING) for turn, (at, persons, _) in enumerate(changes)]
    )
    person = np.concatenate([persons for _, persons, _ in changes])
    number = np.concatenate([numbers for _, _, numbers in changes])
    order = np.lexsort((begins, person))
    person, number, begins = person[order], number[order], begins[order]
    return person, number, begins, _until_the_next(person, begins)


def _until_the_next(person: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """When what the same person had next begins, of rows in the order of both; nothing for the last of each person."""
    continues = np.append(person[1:] == person[:-1], False)
    return np.where(continues, np.append(begins[1:], NOTHING), NOTHING)


def _homes(life: DistrictLife, _last_day: date) -> Columns:
    people, own = life.people, np.arange(life.people.persons)
    moves = [(NOTHING, own, people.city[own], people.home[own]), *life.shop.users.moves]
    begins = np.concatenate([np.full(len(persons), at) for at, persons, _, _ in moves])
    person, city, home = (np.concatenate([move[place] for move in moves]) for place in (1, 2, 3))
    order = np.lexsort((begins, person))
    order = order[person[order] < people.persons]  # second accounts move with their owner
    person, city, home, begins = person[order], city[order], home[order], begins[order]
    return {
        "person_id": _persons(life, person),
        "shipping_address": addresses(city, home),
        "city_code": chosen([place[0] for place in CITIES], city),
        "valid_from": _moments(begins),
        "valid_to": _moments(_until_the_next(person, begins)),
    }


def _defaults(life: DistrictLife, last_day: date) -> Columns:
    """The state when a month begins is that of the end of the month before."""
    entered, over = np.stack(life.hardship.enters_default), _months_over(life, last_day)
    parts = []
    for index in range(1, over + 1):
        probability = life.hardship.probabilities[index]
        persons = np.flatnonzero(life.has_debt[index] & ~life.hardship.was_defaulted[index])
        is_over = index + HORIZON_MONTHS <= over
        outcome = entered[index : index + HORIZON_MONTHS, persons].any(axis=0)
        day = np.full(len(persons), day_number(life.district.world.month(index).first) - 1, np.int32)
        parts.append((day, persons, probability[persons], outcome, np.full(len(persons), not is_over)))
    if not parts:
        parts = [(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, bool), np.empty(0, bool))]
    day, persons, probability, outcome, is_open = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {
        "observation_date": pa.array(day).cast(pa.date32()),
        "person_id": _persons(life, persons),
        "default_probability": probability,
        "is_default": pa.array(outcome, mask=is_open),
    }


def _values(life: DistrictLife, last_day: date) -> Columns:
    buying = life.shop.buying_at(_end_of(last_day))
    begins = np.where(buying.first_order_at == NOTHING, np.iinfo(np.int64).max, buying.first_order_at)
    known = np.flatnonzero(begins < _end_of(last_day))
    basket = life.shop.expected_basket_cents()
    orders = buying.expected_orders(sum(SEASON))
    return {
        "as_of": _days(last_day, len(known)),
        "person_id": _persons(life, known),
        "shop_user_id": life.people.shop_user_ids(known),
        "first_order_at": _moments(buying.first_order_at[known]),
        "order_rate": buying.rate[known],
        "leaving_probability": buying.leaves[known],
        "is_active": buying.is_alive[known],
        "expected_order_count_12m": orders[known],
        "expected_spend_cents_12m": (orders * basket)[known],
        "lifetime_value_cents": (buying.expected_orders_for_life() * basket)[known],
    }


def _uplifts(life: DistrictLife, _last_day: date) -> Columns:
    uplift, count = life.campaigns.uplift, life.people.persons
    person, channel = np.repeat(np.arange(count), len(CHANNELS)), np.tile(np.arange(len(CHANNELS)), count)
    return {
        "person_id": _persons(life, person),
        "contact_channel": chosen(CHANNELS, channel),
        "response_type": chosen(RESPONSES, uplift.response[person]),
        "application_probability": uplift.alone[person],
        "uplift": uplift.added[person, channel],
    }


def _applications(life: DistrictLife, last_day: date) -> Columns:
    parts = life.banks.applications
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    entered = np.stack(life.hardship.enters_default)
    last = np.minimum(merged["month"] + OUTCOME_OF_APPLICATIONS_MONTHS, len(entered))
    counts = np.concatenate([np.zeros((1, life.people.count), np.int64), np.cumsum(entered, axis=0)])
    enters = counts[last, merged["person"]] > counts[merged["month"], merged["person"]]
    # Whoever is in default already is not among those who enter it, and no better for that.
    outcome = enters | np.stack(life.hardship.was_defaulted)[merged["month"], merged["person"]]
    is_open = merged["month"] + OUTCOME_OF_APPLICATIONS_MONTHS > _months_over(life, last_day)
    keep = merged["applied_at"] < _end_of(last_day)
    ids = pa.array([f"{life.people.bank_prefixes[bank]}p" for bank in merged["bank"].tolist()], pa.string())
    numbers = life.district.ids("", merged["number"])
    columns = {
        "as_of": _days(last_day, len(keep)),
        "application_id": pa.compute.binary_join_element_wise(ids, numbers, ""),
        "person_id": pa.array(_persons(life, merged["person"])),
        "bank_code": chosen(life.district.banks, merged["bank"]),
        "applied_at": _moments(merged["applied_at"]),
        "estimated_hazard": pa.array(merged["estimate"]),
        "is_random_approval": pa.array(merged["is_random"]),
        "is_approved": pa.array(merged["is_approved"]),
        "is_default": pa.array(outcome, mask=is_open),
    }
    return {name: column.filter(pa.array(keep)) for name, column in columns.items()}


def _rings(life: DistrictLife, _last_day: date) -> Columns:
    rings, world = life.people.rings, life.district.world
    members = np.flatnonzero(rings.ring != NO_RING)
    ring = rings.ring[members]
    firsts = [month.first for month in world.months_through(world.first_business_date)]
    busts = [day_number(firsts[month]) for month in rings.bust_month.tolist()]
    return {
        "ring_id": life.district.numbers(ring),
        "person_id": _persons(life, members),
        "is_leader": rings.leader[ring] == members if len(ring) else np.empty(0, bool),
        "bust_date": pa.array(np.array(busts, np.int32)[ring] if len(ring) else [], pa.int32()).cast(pa.date32()),
    }


def _bots(life: DistrictLife, _last_day: date) -> Columns:
    return {"device_id": life.shop.device_ids(life.browsing.bots)}


def _friends(life: DistrictLife, _last_day: date) -> Columns:
    """Of a friendship between two districts the one with the smaller number tells."""
    at_home = np.sort(_persons(life, life.people.friends), axis=1)
    elsewhere, districts = life.neighbours, life.district.world.district_count
    tells = elsewhere.there % districts > life.district.index
    across = np.stack([_persons(life, elsewhere.here), elsewhere.there], axis=1)[tells]
    first, second = np.concatenate([at_home, np.sort(across, axis=1)]).T
    return {"first_person_id": first, "second_person_id": second}


DISTRICT_TABLES: Mapping[str, Callable[[DistrictLife, date], Columns]] = {
    "people": _people,
    "source_ids": _source_ids,
    "phones": _phones,
    "homes": _homes,
    "defaults": _defaults,
    "values": _values,
    "uplifts": _uplifts,
    "applications": _applications,
    "rings": _rings,
    "bots": _bots,
    "friends": _friends,
}


def _persons(life: DistrictLife, local: np.ndarray) -> np.ndarray:
    """The people of the world to whom the entries of the district belong."""
    return life.district.numbers(life.people.owner[local])


def _is_known(began_at: np.ndarray, last_day: date) -> np.ndarray:
    return has_happened(began_at, _end_of(last_day))


def _end_of(day: date) -> int:
    return moment_of(day) + DAY_SECONDS


def _months_over(life: DistrictLife, last_day: date) -> int:
    """How many months of the history are over at the end of the day."""
    return sum(month.end <= _end_of(last_day) for month in life.district.world.months_through(last_day))


def _days(day: date, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(day, pa.date32()), count)


def _moments(seconds: np.ndarray) -> pa.Array:
    is_null = seconds == NOTHING
    return pa.array(np.where(is_null, 0, seconds) * 1_000_000, pa.int64(), mask=is_null).cast(MOMENT)
