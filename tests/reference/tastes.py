"""tastes in SQL."""

from tests.reference.answer import Answer, favourites

VIEWS = """
    CREATE VIEW bought AS
        SELECT source_record_id, category_code, brand, unit_price_cents FROM purchase_lines
        WHERE days_ago_of(paid_at) BETWEEN 0 AND 364;
    CREATE VIEW usual AS
        SELECT category_code, quantile_disc(unit_price_cents, 0.5) AS price FROM bought
        WHERE unit_price_cents > 0 GROUP BY 1;
    CREATE VIEW lines AS
        SELECT customer_id, category_code, brand,
               CASE WHEN unit_price_cents > 0 THEN
                   floor(least(unit_price_cents::DOUBLE / price::DOUBLE, 1000) * 10000) / 10000 END AS level
        FROM bought JOIN identities USING (source_record_id) LEFT JOIN usual USING (category_code);
    CREATE VIEW shoppers AS SELECT DISTINCT customer_id FROM lines;
    CREATE VIEW by_category AS
        SELECT customer_id, category_code AS name, count(*) AS n,
               row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, category_code) AS place,
               sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM lines GROUP BY 1, 2;
    CREATE VIEW by_brand AS
        SELECT customer_id, brand AS name, count(*) AS n,
               row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, brand) AS place,
               sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM lines WHERE brand IS NOT NULL GROUP BY 1, 2;
"""


ANSWER = Answer(
    views=VIEWS,
    customers="shoppers",
    measures={
        "by_category": favourites("bought_category", "365d"),
        "by_brand": favourites("bought_brand", "365d"),
        "lines": {"price_level_mean_365d": "avg(level)"},
    },
    derived={},
    zero=("bought_brand_count_365d",),
)
