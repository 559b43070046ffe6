"""The pictures of the page that show who lives in the world; what is known of real people is told in `world_report`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from demo.life import Life
from demo.people import OCCUPATIONS
from demo.report_ink import ACCENT, FAINT
from demo.spelling import CITIES
from demo.truth import truth_table

DAYS_OF_A_YEAR = 365.25


def ages(life: Life, axes: Axes) -> str:
    """How old everybody is on the last day of the first drop, students and pensioners apart."""
    people = truth_table(life, "people").to_pandas()
    born, today = pd.to_datetime(people.birth_date), pd.Timestamp(life.world.first_business_date)
    years = (today - born).dt.days / DAYS_OF_A_YEAR
    kinds = people.occupation.where(people.occupation.isin(["student", "retired"]), "all others")
    groups = [years[kinds == kind] for kind in ("student", "all others", "retired")]
    axes.hist(groups, bins=range(18, 86, 2), stacked=True, color=[FAINT, ACCENT, "#d97706"])
    axes.legend(["students", f"{len(OCCUPATIONS) - 2} other occupations", "pensioners"], frameon=False, fontsize=8)
    axes.set_xlabel("age")
    axes.set_ylabel("people")
    return f"<b>Ages</b> of adults: {years.mean():.1f} on average (of all Chinese, children included: 38.8)."


def cities(life: Life, axes: Axes) -> str:
    """Where people live, the largest city first."""
    people = truth_table(life, "people").to_pandas()
    share = people.groupby(["city_tier", "city_code"]).size().div(len(people)).reset_index(name="share")
    share = share.sort_values("share", ignore_index=True)
    for tier in range(1, 5):
        rows = share[share.city_tier == tier]
        axes.barh(
            rows.index,
            rows.share.to_numpy(),
            color=ACCENT,
            alpha=1.2 - 0.25 * tier if tier > 1 else 1,
            label=f"tier {tier}",
        )
    axes.set_yticks(share.index, [_ROMAN_NAMES[code] for code in share.city_code], fontsize=7)
    axes.set_xlabel("share of the people")
    axes.legend(frameon=False, fontsize=8)
    of_tier = people.city_tier.value_counts(normalize=True).sort_index()
    told = ", ".join(f"{part:.0%}" for part in of_tier)
    return f"<b>Cities</b> by tier 1 to 4: {told} of the people (an assumption of ours)."


_ROMAN_NAMES = dict(
    zip(
        (city[0] for city in CITIES),
        ("Shanghai", "Beijing", "Guangzhou", "Shenzhen", "Hangzhou", "Chengdu", "Wuhan", "Nanjing", "Xi'an",
         "Chongqing", "Qingdao", "Xiamen", "Zhengzhou", "Hefei", "Shaoxing", "Yancheng", "Hengyang", "Guilin"),
        strict=True,
    )
)  # fmt: skip


def households(life: Life, axes: Axes) -> str:
    """How many people share a home."""
    sizes = truth_table(life, "people")["household_id"].to_pandas().value_counts()
    share = sizes.value_counts(normalize=True).sort_index()
    axes.bar(share.index, share.to_numpy(), color=ACCENT)
    axes.set_xticks(list(share.index))
    axes.set_xlabel("adults in a household")
    axes.set_ylabel("share of households")
    return f"<b>Households</b>: {sizes.mean():.2f} adults on average (2.62 people, children included, in 2020)."


def rings(life: Life, axes: Axes) -> str:
    """How many conspire in each fraud ring, and when it stops paying."""
    members, people = truth_table(life, "rings").to_pandas(), truth_table(life, "people").to_pandas()
    if members.empty:
        axes.set_axis_off()
        return "<b>Fraud rings</b>: there are none in so small a world."
    each = members.groupby("ring_id").agg(size=("person_id", "size"), bust=("bust_date", "first"))
    dots = each.groupby(["bust", "size"]).size().reset_index(name="count")
    axes.scatter(pd.to_datetime(dots.bust), dots["size"], s=40 * dots["count"], color=ACCENT, alpha=0.7)
    axes.set_ylim(0, each["size"].max() + 1)
    axes.set_xlabel("stops paying")
    axes.set_ylabel("members")
    months = pd.to_datetime(sorted(set(each.bust)))[:: 1 + each.bust.nunique() // 6]
    axes.set_xticks(months, [f"{month:%Y-%m}" for month in months])
    return (
        f"<b>Fraud rings</b>: {len(each)} with {len(members):,} members, {1000 * len(members) / len(people):.1f} of a "
        "thousand people (an assumption of ours); each shares a device and an address."
    )


def incomes(life: Life, axes: Axes) -> str:
    """What people earn."""
    income = truth_table(life, "people")["monthly_income_cents"].to_numpy() / 100
    axes.hist(np.log10(income), bins=50, color=ACCENT)
    places = [2_000, 5_000, 10_000, 20_000, 50_000]
    axes.set_xticks(np.log10(places), [f"{place:,}" for place in places])
    axes.set_xlabel("income a month")
    return f"<b>Incomes</b> are log-normal around {np.median(income):,.0f} (mean wages of 2024: 5,800 and 10,300)."


def overlap(life: Life, axes: Axes) -> str:
    """Which partners know them."""
    people = truth_table(life, "people").to_pandas()
    at_shop = people.shop_user_id.notna()
    counts = pd.crosstab(at_shop, people.bank_relation_count).reindex([False, True], fill_value=0)
    bottom = np.zeros(2)
    for place, banks in enumerate(counts.columns):
        axes.bar(
            ["not at the shop", "at the shop"],
            counts[banks],
            bottom=bottom,
            label=f"{banks} banks",
            alpha=1 - 0.28 * place,
            color=ACCENT,
        )
        bottom += counts[banks].to_numpy()
    axes.set_ylim(top=1.25 * bottom.max())
    axes.legend(frameon=False, ncols=3, loc="upper left")
    both = (at_shop & (people.bank_relation_count > 0)).mean()
    return f"<b>Overlap of the partners</b>: {both:.0%} of all people are known to the shop and to a bank."


def degrees(life: Life, axes: Axes) -> str:
    """How many friends they have."""
    degree = truth_table(life, "people")["friend_count"].to_numpy()
    values = np.arange(1, degree.max() + 1)
    share = np.array([(degree >= value).mean() for value in values])
    axes.loglog(values, share, ".", color=ACCENT)
    axes.set_xlabel("friends, at least")
    axes.set_ylabel("share of people")
    friends = truth_table(life, "friends").to_pandas() % life.world.district_count
    elsewhere = (friends.first_person_id != friends.second_person_id).mean()
    return (
        f"<b>Friends</b>: the tail's exponent is {tail_exponent(degree):.1f} (between 2 and 3 in many networks); "
        f"{elsewhere:.0%} of the friendships lie between two districts."
    )


def tail_exponent(degree: np.ndarray, smallest: int = 8) -> float:
    """The maximum-likelihood exponent of the tail (Clauset, Shalizi and Newman 2009, equation 3.7)."""
    tail = degree[degree >= smallest]
    return float(1 + len(tail) / np.log(tail / (smallest - 0.5)).sum())
