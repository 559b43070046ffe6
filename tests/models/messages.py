"""Messages to the inhabitants of demo districts: who is moved by them is drawn by the demo, so the truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from demo.people import People, settle
from demo.uplift import Uplift, draw_uplift
from demo.world import World
from jobs.models.learning_rows import FEATURES
from schemas.columns import CONTACT_CHANNELS

OBSERVATION_DATES = tuple(date(2025, month, 28) for month in range(3, 9))
CONTROL = 0.12


def messages(people: int, each: int, *, seed: int = 3) -> pd.DataFrame:
    """One row per message, sorted: outcome, true uplift, and four measures that show with noise who somebody is."""
    world = World(people=people, seed=seed)
    districts = [world.district(index) for index in range(world.district_count)]
    parts = []
    for index, district in enumerate(districts):
        inhabitants = settle(district)
        parts.append(_of_district(index, inhabitants, draw_uplift(district, inhabitants), each))
    whole = pd.concat(parts, ignore_index=True)
    return whole.sort_values(["observation_date", "customer_id", "contact_id"], kind="stable", ignore_index=True)


def _of_district(index: int, people: People, uplift: Uplift, each: int) -> pd.DataFrame:
    chance = np.random.default_rng([7, index])
    person = np.repeat(np.arange(people.persons), each)
    size = len(person)
    channel = chance.choice(len(CONTACT_CHANNELS), size, p=[0.4, 0.35, 0.2, 0.05])
    is_control = chance.random(size) < CONTROL
    added = uplift.added[person, channel]
    responds = chance.random(size) < uplift.alone[person] + np.where(is_control, 0.0, added)
    columns = {
        column.name: np.full(size, None, dtype=object) if column.type == "string" else np.full(size, np.nan)
        for column in FEATURES
    }
    for name, trait in (
        ("refund_share_365d", people.impulse),
        ("early_share_365d", people.thrift),
        ("inflow_variation_180d", -people.steadiness),
    ):
        columns[name] = np.round(trait[person] + 0.5 * chance.normal(size=size), 2)
    # One measure tells loosely who applies of their own accord: sure things, and the sleeping dogs among them.
    own_accord = np.log(uplift.alone[person]) + chance.normal(size=size)
    columns["search_count_90d"] = np.round(10 * own_accord)
    own = {
        "observation_date": [OBSERVATION_DATES[number] for number in chance.integers(0, len(OBSERVATION_DATES), size)],
        "customer_id": [f"c{index:02d}{number:05d}" for number in person],
        "household_id": [f"h{index:02d}{home:07d}" for home in people.home[person]],
        "contact_id": [f"k{index:02d}{number:07d}" for number in range(size)],
        "contact_channel": np.array(CONTACT_CHANNELS, dtype=object)[channel],
        "is_control": is_control,
        "responds": responds,
        "true_uplift": added,
    }
    return pd.DataFrame({**own, **columns})
