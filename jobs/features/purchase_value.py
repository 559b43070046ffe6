"""How recently, how often and for how much a customer buys."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.features.purchase_news import find_customers_with_news
from jobs.windows import aggregates_of, carry_on, days_before, happened_by, on_days_before
from schemas.features.purchase_value import (
    CHANGES,
    COHORT,
    DAY_MEASURES,
    FIFTHS,
    IN_YEAR,
    MEDIAN_MEASURES,
    MONEY_MEASURES,
    OF_COHORT,
    SIDES,
)

FEW: Final = 300_000  # customers whose ids every worker can hold: the purchases then need not be shuffled


def build(
    purchases: DataFrame,
    refunds: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
    previous: DataFrame | None = None,
    previous_purchases: DataFrame | None = None,
    previous_identities: DataFrame | None = None,
) -> DataFrame:
    """One row per customer who ever bought by as_of; who left long ago is known by what was bought then.

    A purchase counts on the local day it was paid, a refund on the day it was given back. Only refunds of orders that
    still are purchases count: a cancelled order has left the purchases, and its refund must not be taken off again.
    previous: last night's rows. With them, and with what they were made from, only customers of whom something is new
    are described from their purchases; the others' rows are carried on. The result is the same.
    """
    records = identities.select("source_record_id", "customer_id")
    if previous is None or previous_purchases is None or previous_identities is None:
        return place_in_fifths(describe_buyers(purchases, refunds, records, as_of))
    previous_records = previous_identities.select("source_record_id", "customer_id")
    with_news = find_customers_with_news(purchases, refunds, records, previous_purchases, previous_records, as_of)
    news = records.join(with_news, "customer_id", how="left_semi")
    are_few = with_news.count() <= FEW
    bought_anew = purchases.join(F.broadcast(news) if are_few else news, "source_record_id", how="left_semi")
    anew = describe_buyers(bought_anew, refunds, news, as_of)
    unchanged = previous.join(with_news, "customer_id", how="left_anti")
    carried = carry_on(unchanged, tell_moving(purchases, refunds, records, as_of), CHANGES)
    return place_in_fifths(anew.unionByName(carried.select(*anew.columns)))


def describe_buyers(purchases: DataFrame, refunds: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who ever bought, from all purchases and refunds; without fifths."""
    paid = tell_payments(purchases, as_of)
    money = paid.unionByName(tell_refunds(refunds, paid, as_of), allowMissingColumns=True)
    of_customers = money.join(records, "source_record_id", how="inner")
    marked = mark_days(mark_middle(of_customers.repartition("customer_id")))  # then nothing below is shuffled again
    return marked.groupBy("customer_id").agg(*aggregates_of(*MONEY_MEASURES, *MEDIAN_MEASURES, *DAY_MEASURES))


def mark_middle(money: DataFrame) -> DataFrame:
    """is_middle: the purchase in the middle of a customer's last 365 days by value, or the two; ties by order_id.

    A percentile would not be compiled (it holds all values of a customer); two numbers for each row are.
    """
    of_year = Window.partitionBy("customer_id", "is_of_year")
    numbered = money.withColumn("is_of_year", F.expr(f"is_purchase AND {IN_YEAR}")).withColumns(
        {
            "place": F.row_number().over(of_year.orderBy("paid_cents", "order_id")),
            "purchases": F.count("order_id").over(of_year),
        }
    )
    is_middle = F.expr("is_of_year AND 2 * place BETWEEN purchases AND purchases + 2")
    return numbered.withColumn("is_middle", is_middle).drop("is_of_year", "place", "purchases")


def mark_days(money: DataFrame) -> DataFrame:
    """opens_day: one purchase of each local day with any. is_of_first_day: all of a customer's first such day."""
    of_kind = Window.partitionBy("customer_id", "is_purchase")
    is_another_day = F.coalesce(F.lag("days_ago").over(of_kind.orderBy("days_ago")) < F.col("days_ago"), F.lit(True))
    is_oldest = F.col("days_ago") == F.max("days_ago").over(of_kind)
    return money.withColumns(
        {"opens_day": F.col("is_purchase") & is_another_day, "is_of_first_day": F.col("is_purchase") & is_oldest}
    )


def tell_payments(purchases: DataFrame, as_of: date) -> DataFrame:
    """One row per purchase paid by as_of."""
    return purchases.where(happened_by("paid_at", as_of)).select(
        "source_record_id",
        "order_id",
        F.lit(True).alias("is_purchase"),
        days_before(as_of, "paid_at").alias("days_ago"),
        F.col("net_cents").alias("paid_cents"),
        F.expr("0L").alias("refunded_cents"),
        *("gross_cents", "discount_cents", "payment_method", "sales_channel", "scene", "item_count", "piece_count"),
    )


def tell_refunds(refunds: DataFrame, paid: DataFrame, as_of: date) -> DataFrame:
    """One row per refund by as_of of an order that is paid by as_of; an order has one record, so no row is doubled."""
    return (
        refunds.where(happened_by("refunded_at", as_of))
        .select("order_id", "refunded_at", "amount_cents")
        .join(paid.select("order_id", "source_record_id"), "order_id", how="inner")
        .select(
            "source_record_id",
            "order_id",
            F.lit(False).alias("is_purchase"),
            days_before(as_of, "refunded_at").alias("days_ago"),
            F.expr("0L").alias("paid_cents"),
            F.col("amount_cents").alias("refunded_cents"),
        )
    )


def tell_moving(purchases: DataFrame, refunds: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per purchase and refund that came into a window of a sum, or went out of it, since yesterday."""
    days = CHANGES.days_to_read
    paid = tell_payments(purchases.where(on_days_before("paid_at", days, as_of)), as_of)
    moving_refunds = F.broadcast(refunds.where(on_days_before("refunded_at", days, as_of)))  # those of some ten days
    refunded = tell_refunds(moving_refunds, tell_payments(purchases, as_of), as_of)
    return paid.unionByName(refunded, allowMissingColumns=True).join(records, "source_record_id", how="inner")


def place_in_fifths(buyers: DataFrame) -> DataFrame:
    """The buyers with the fifths of those of the year, of all and of their cohort; a total order decides every tie.

    A cohort of fewer than five has no fifths: the best of three would be called a third. Who bought nothing in the year
    is compared with nobody.
    """
    is_of_year = F.col("purchase_count_365d") > 0
    others_alone = F.when(~is_of_year, F.col("customer_id"))  # not to be sorted for nothing
    of_all, of_cohort = Window.partitionBy(others_alone), Window.partitionBy(others_alone, F.expr(COHORT))
    are_enough = F.count("customer_id").over(of_cohort) >= FIFTHS
    placed = {side: worst_first(column, order) for side, (column, order) in SIDES.items()}
    fifths = {f"{side}_quintile": F.when(is_of_year, fifth_by(of_all.orderBy(*by))) for side, by in placed.items()}
    fifths_of_cohort = {
        f"{side}_quintile{OF_COHORT}": F.when(is_of_year & are_enough, fifth_by(of_cohort.orderBy(*by)))
        for side, by in placed.items()
    }
    compared = ("customer_id", "purchase_count_365d", "days_since_first_purchase")
    asked = dict.fromkeys([*compared, *(column for column, _ in SIDES.values())])
    sorted_as_one = buyers.select(*asked, F.struct(*buyers.columns).alias("buyer"))  # and not column by column
    return sorted_as_one.withColumns({**fifths, **fifths_of_cohort}).select("buyer.*", *fifths, *fifths_of_cohort)


def fifth_by(among: WindowSpec) -> Column:
    """1 for the fifth of rows that come first, 5 for the last."""
    return F.ntile(FIFTHS).over(among)


def worst_first(column: str, order: str) -> tuple[Column, Column]:
    """By the column in that order; of equal customers the smaller id comes first."""
    value = F.col(column)
    return value.desc() if order == "DESC" else value.asc(), F.col("customer_id").asc()
