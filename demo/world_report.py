"""One page that shows a world: would a risk officer believe it?

Beside each drawing stands what is expected of the real thing:

- a fifth of the customers bring 67 % of the revenue on average over 339 companies (McCarthy and Winer 2019, "The Pareto
  rule in marketing revisited"), 73 % of packaged goods (Kim, Singh and Winer 2017);
- 2.9 % and 3.8 % of those who bought in instalments had a purchase charged off in 2020 and 2021 (Consumer Financial
  Protection Bureau 2022, "Buy Now, Pay Later: Market trends and consumer impacts"): the world keeps to 2 to 6 %;
- 10.6 % and 16.6 % of what retailers of the United States sold came back in 2020 and 2021, and of what was sold online
  18.1 % and 20.8 % (National Retail Federation and Appriss Retail 2021, 2022). We count orders that see money back, of
  a shop in which much cannot be sent back (catering, entertainment, travel), and keep to 5 to 15 %;
- the tails of many networks have exponents between 2 and 3 (Clauset, Shalizi and Newman 2009);
- employees in Chinese towns earned 69 476 yuan in 2024 in private units and 124 110 in others (National Bureau of
  Statistics 2025): 5 800 and 10 300 a month, around a median of ours of 6 500;
- 2.62 people live in a Chinese family household, and the mean age of all, children included, is 38.8 years (National
  Bureau of Statistics 2021, on the Seventh National Population Census). Ours are adults.

What else the world needs (how often people move, open a message or take another number) is an assumption of ours,
stated beside the number.
"""

from __future__ import annotations

import base64
import html
import io
from collections import Counter
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from demo.buying import SEASON
from demo.drops import all_flaws_of
from demo.life import Life
from demo.oracle import oracle_gini
from demo.report_ink import ACCENT, FAINT, INK
from demo.report_people import ages, cities, degrees, households, incomes, overlap, rings
from demo.report_vintages import BAD_AFTER_DAYS, vintage_curves
from demo.tables import BANK_TABLES, FILE_TABLES
from demo.truth import truth_table
from demo.world import FESTIVALS, day_number

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1f2937; max-width: 1180px; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.6rem; margin-bottom: .2rem }} p.lead {{ color: #475569; margin-top: 0 }}
section {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1.2rem }}
figure {{ margin: 0; border: 1px solid #e2e8f0; border-radius: 8px; padding: .8rem }}
figure img {{ width: 100% }} figcaption {{ font-size: .85rem; color: #475569 }} figcaption b {{ color: #1f2937 }}
table {{ border-collapse: collapse; font-size: .85rem; margin-top: 1.5rem }}
td, th {{ padding: .25rem .8rem; border-bottom: 1px solid #e2e8f0; text-align: right }}
td:first-child, th:first-child {{ text-align: left }}
</style></head><body><h1>{title}</h1><p class="lead">{lead}</p><section>{figures}</section>{tables}</body></html>
"""


def report(life: Life, days: list[date]) -> str:
    """The page as HTML that needs no other file. The same world gives the same page."""
    world = life.world
    drawings: tuple[Callable[[Life, Axes], str], ...] = (
        ages,
        cities,
        incomes,
        households,
        overlap,
        degrees,
        rings,
        _concentration,
        _seasons,
        _weekdays,
        _hours,
        _observed_defaults,
        _vintages,
        _calibration,
        _orders_end,
        _merchants,
        _responses,
        _categories,
    )
    figures = "".join(_figure(life, draw) for draw in drawings)
    lead = (
        f"{world.people:,} people, {world.history_months} months to {world.first_business_date}, seed {world.seed}, "
        f"{len(world.banks)} banks, {world.district_count} districts. Everything below is drawn from what the partners "
        "serve and from the truth beside it."
    )
    tables = _flaw_counts(life, days) + _row_counts(life, days)
    return _PAGE.format(title="The world, as it is", lead=html.escape(lead), figures=figures, tables=tables)


def _figure(life: Life, draw: Callable[[Life, Axes], str]) -> str:
    figure = Figure(figsize=(5.2, 3.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    caption = draw(life, axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    picture = base64.b64encode(buffer.getvalue()).decode()
    title = caption.partition("</b>")[0].removeprefix("<b>")
    return (
        f'<figure><img alt="{title}" src="data:image/png;base64,{picture}"><figcaption>{caption}</figcaption></figure>'
    )


def _concentration(life: Life, axes: Axes) -> str:
    orders = _paid_orders(life)
    spend = orders.groupby("shop_user_id").net_cents.sum().sort_values(ascending=False).to_numpy()
    share = np.cumsum(spend) / spend.sum()
    axes.plot(np.linspace(0, 1, len(share)), share, color=ACCENT)
    axes.axvline(0.2, color=FAINT, linestyle=":")
    axes.set_xlabel("customers, best first")
    axes.set_ylabel("share of revenue")
    best = share[len(share) // 5]
    return f"<b>Revenue</b>: a fifth of the customers bring {best:.0%} of it (67 % on average over 339 companies)."


def _seasons(life: Life, axes: Axes) -> str:
    orders = _paid_orders(life)
    months = orders.ordered_at.dt.tz_convert("Asia/Shanghai").dt.strftime("%Y-%m").value_counts().sort_index()
    months = months[: f"{life.world.first_business_date:%Y-%m}"]  # only whole ones
    axes.bar(range(len(months)), months.to_numpy(), color=ACCENT)
    axes.set_xticks(range(0, len(months), 4), list(months.index[::4]))
    axes.set_ylabel("orders")
    return f"<b>Seasons</b>: November weighs {max(SEASON):.2f} and June {SEASON[5]:.1f}; the great sales stand out."


def _weekdays(life: Life, axes: Axes) -> str:
    ordered = _paid_orders(life).ordered_at.dt.tz_convert("Asia/Shanghai")
    ordinary = ordered[
        ~pd.Series(list(zip(ordered.dt.month, ordered.dt.day, strict=True)), ordered.index).isin(FESTIVALS)
    ]
    days = ordinary.dt.normalize().drop_duplicates().dt.weekday.value_counts()
    a_day = (ordinary.dt.weekday.value_counts() / days).reindex(range(7), fill_value=0)
    axes.bar(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], a_day.to_numpy(), color=ACCENT)
    axes.set_ylabel("orders a day")
    more = a_day[5:].mean() / a_day[:5].mean()
    return f"<b>Weekdays</b>, great sales left out: a day of the weekend brings {more:.2f} times an ordinary one."


def _hours(life: Life, axes: Axes) -> str:
    moments = _rows(life, "events")["occurred_at"].to_pandas().dt.tz_convert("Asia/Shanghai")
    axes.bar(range(24), moments.dt.hour.value_counts().reindex(range(24)).to_numpy(), color=ACCENT)
    axes.set_xlabel("hour of the day")
    return "<b>Visits</b> by the hour: a lunch break, and an evening on the sofa."


def _observed_defaults(life: Life, axes: Axes) -> str:
    known = truth_table(life, "defaults").to_pandas().dropna(subset="is_default")
    if known.empty:
        return _nothing_yet(axes, "Defaults by observation date", "no month is six months over")
    rate = known.astype({"is_default": float}).groupby("observation_date").is_default.mean()
    axes.plot(pd.to_datetime(rate.index), rate.to_numpy() * 100, color=ACCENT, marker="o", markersize=3)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("default within six months, %")
    axes.tick_params(axis="x", rotation=30)
    mean = known.is_default.astype(float).mean()
    return f"<b>Defaults by observation date</b>: {mean:.1%} on average (charged off elsewhere: 2.9 and 3.8 %)."


def _vintages(life: Life, axes: Axes) -> str:
    plans, instalments, payments = (
        _rows(life, table).to_pandas() for table in ("credit_plans", "credit_instalments", "credit_repayments")
    )
    curves = vintage_curves(plans, instalments, payments, pd.Timestamp(life.last_day))
    for place, (half, share) in enumerate(curves.items()):
        age = place / max(len(curves) - 1, 1)  # 0 for the oldest, 1 for the youngest
        axes.plot(share.index, share * 100, label=half, color=ACCENT, alpha=1 - 0.7 * age, linewidth=2 - 1.2 * age)
    axes.set_xlabel("months since the plan was opened")
    axes.set_ylabel(f"ever {BAD_AFTER_DAYS} days past due, %")
    if curves:
        axes.legend(frameon=False, fontsize=8, ncols=1 + len(curves) // 6)
    return (
        "<b>Vintages</b>: plans by the half-year in which they were opened, the oldest darkest. Whoever was once so "
        "late counts, for whatever reason, and so more than those who can pay no more (above)."
    )


def _calibration(life: Life, axes: Axes) -> str:
    table = truth_table(life, "defaults")
    known = table.to_pandas().dropna(subset="is_default").astype({"is_default": float})
    if not 0 < known.is_default.sum() < len(known):
        return _nothing_yet(axes, "The oracle", "a bad and a good outcome are needed")
    groups = known.groupby(pd.qcut(known.default_probability, 10, duplicates="drop"), observed=True)
    means = groups[["default_probability", "is_default"]].mean()
    axes.loglog(means.default_probability, means.is_default.clip(lower=1e-3), "o", color=ACCENT)
    axes.loglog([1e-3, 1], [1e-3, 1], color=FAINT, linestyle=":")
    axes.set_xlabel("true probability")
    axes.set_ylabel("share that defaulted")
    return f"<b>The oracle</b>: who knew the true probabilities would reach a Gini of {oracle_gini(table):.2f}."


def _orders_end(life: Life, axes: Axes) -> str:
    orders = (
        _rows(life, "orders").select(["order_id", "order_status"]).to_pandas().drop_duplicates("order_id", keep="last")
    )
    share = orders.order_status.value_counts(normalize=True)
    refunds = pc.count_distinct(_rows(life, "refunds")["order_id"]).as_py() / len(orders)
    axes.barh(list(share.index), share.to_numpy(), color=ACCENT)
    axes.set_xscale("log")
    axes.set_xlabel("share of the orders")
    return (
        f"<b>How orders end</b>; {refunds:.0%} see money back (10.6 and 16.6 % of retail sales in the United States)."
    )


def _merchants(life: Life, axes: Axes) -> str:
    merchants = _rows(life, "transactions", life.world.banks[0])["merchant_id"].drop_null().value_counts()
    counts = np.sort(np.array([pair["counts"].as_py() for pair in merchants]))[::-1]
    axes.loglog(np.arange(1, len(counts) + 1), counts, color=ACCENT)
    axes.set_xlabel("merchant, most popular first")
    axes.set_ylabel("card payments")
    top = counts[: max(1, len(counts) // 10)].sum() / counts.sum()
    return f"<b>Merchants</b>: a tenth of them see {top:.0%} of the card payments."


def _responses(life: Life, axes: Axes) -> str:
    uplifts = truth_table(life, "uplifts").to_pandas()
    mean = uplifts.groupby(["response_type", "contact_channel"]).uplift.mean().unstack()
    for place, channel in enumerate(mean.columns):
        axes.bar(
            np.arange(len(mean)) + 0.2 * place, mean[channel], 0.18, label=channel, alpha=1 - 0.2 * place, color=ACCENT
        )
    axes.set_xticks(np.arange(len(mean)) + 0.3, [name.replace("_", "\n") for name in mean.index])
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    share = uplifts.response_type.value_counts(normalize=True)
    persuadable, annoyed = share["persuadable"], share["sleeping_dog"]
    return f"<b>What a message adds</b>; {persuadable:.0%} can be persuaded, {annoyed:.0%} are best left alone."


def _categories(life: Life, axes: Axes) -> str:
    codes = _rows(life, "order_items")["category_code"].to_pandas()
    share = codes.str.split("_").str[0].value_counts(normalize=True).sort_values()
    axes.barh(list(share.index), share.to_numpy(), color=ACCENT)
    return f"<b>Scenes</b>: {share.max():.0%} of the lines are retail."


def _nothing_yet(axes: Axes, what: str, why: str) -> str:
    axes.set_axis_off()
    axes.text(0.5, 0.5, "nothing to draw yet", ha="center", color=FAINT)
    return f"<b>{what}</b>: {why}; let the history be longer."


def _rows(life: Life, table: str, bank: str = "") -> pa.Table:
    """What had reached the partner by the last day; people are lived to the end of its month."""
    rows, arrives = life.ledger.all_rows(table, bank)
    return rows.filter(pa.array(arrives <= day_number(life.last_day)))


def _paid_orders(life: Life) -> pd.DataFrame:
    columns = ["order_id", "shop_user_id", "ordered_at", "paid_at", "net_cents", "order_status"]
    orders = _rows(life, "orders").select(columns).to_pandas().drop_duplicates("order_id", keep="last")
    return pd.DataFrame(orders[orders.paid_at.notna() & (orders.order_status != "cancelled")])


def _flaw_counts(life: Life, days: list[date]) -> str:
    flaws = [flaw for day in days for flaw in all_flaws_of(life, day)]
    counts = Counter(
        (flaw.kind, flaw.table_name if flaw.partner == "shop" else f"{flaw.table_name} of {flaw.partner}")
        for flaw in flaws
    )
    lines = [(kind.replace("_", " "), table, count) for (kind, table), count in sorted(counts.items())]
    return _table(f"What is wrong with the deliveries of {days[0]} to {days[-1]}", ("flaw", "table", "rows"), lines)


def _row_counts(life: Life, days: list[date]) -> str:
    shop = [("shop", table, sum(life.clean_drop(table, day).num_rows for day in days)) for table in FILE_TABLES]
    banks = [
        (bank, table, life.replica(bank, table, None, days[-1]).num_rows)
        for bank in life.world.banks
        for table in BANK_TABLES
    ]
    return _table("Rows delivered", ("partner", "table", "rows"), shop + banks)


def _table(title: str, heads: tuple[str, ...], lines: list[tuple[str, str, int]]) -> str:
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = "".join(f"<tr><td>{first}</td><td>{second}</td><td>{count:,}</td></tr>" for first, second, count in lines)
    return f"<h2>{html.escape(title)}</h2><table><tr>{head}</tr>{body}</table>"
