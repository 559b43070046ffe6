"""browsing in SQL."""

from tests.reference.answer import ENTROPY, Answer, favourites

VIEWS = """
    CREATE VIEW known_events AS
        SELECT customer_id, e.*, days_ago_of(occurred_at) AS ago
        FROM browsing_events e JOIN identities USING (source_record_id)
        WHERE days_ago_of(occurred_at) BETWEEN 0 AND 99;
    CREATE VIEW cut AS
        WITH gaps AS (
            SELECT *, epoch_us(occurred_at) // 1000000 - epoch_us(lag(occurred_at) OVER session) // 1000000 AS silence
            FROM known_events WINDOW session AS (PARTITION BY customer_id, session_id ORDER BY occurred_at, event_id)
        )
        SELECT *, count(*) FILTER (silence > 1800) OVER (
            PARTITION BY customer_id, session_id ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING) AS visit
        FROM gaps;
    CREATE VIEW visits AS
        SELECT customer_id, session_id, visit, min(ago) AS ago, count(*) AS events,
               epoch_us(max(occurred_at)) // 1000000 - epoch_us(min(occurred_at)) // 1000000 AS seconds,
               hour(min(occurred_at) + INTERVAL 8 HOUR) AS hour, isodow(min(occurred_at) + INTERVAL 8 HOUR) AS weekday,
               count(*) FILTER (hour(occurred_at + INTERVAL 8 HOUR) < 6) AS at_night,
               count(*) FILTER (event_type = 'view') AS views, count(*) FILTER (event_type = 'search') AS searches,
               count(*) FILTER (event_type = 'add_to_cart') AS carts,
               count(*) FILTER (event_type = 'checkout') AS checkouts,
               count(*) FILTER (event_type = 'login') AS logins,
               count(*) FILTER (event_type = 'purchase') AS buys, count(category_code) AS categorised,
               count(sku_id) AS of_article,
               CASE WHEN bool_or(client = 'app') THEN 'app' ELSE max(client) END AS client
        FROM cut GROUP BY customer_id, session_id, visit
        HAVING count(*) <= 500 AND seconds <= 86400 AND min(cut.ago) < 90;
    CREATE VIEW visitors AS SELECT DISTINCT customer_id FROM visits;
    CREATE VIEW looked_at AS
        SELECT customer_id, category_code AS name, count(*) AS n,
               row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, category_code) AS place,
               sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM cut SEMI JOIN visits USING (customer_id, session_id, visit)
        WHERE category_code IS NOT NULL AND event_type <> 'login' GROUP BY 1, 2;
    CREATE VIEW articles AS
        SELECT customer_id, sku_id, count(*) AS events, min(v.ago) AS ago
        FROM cut JOIN visits v USING (customer_id, session_id, visit)
        WHERE sku_id IS NOT NULL AND event_type <> 'login' GROUP BY 1, 2, category_code;
    CREATE VIEW gaps_between AS
        SELECT customer_id, lag(ago) OVER (PARTITION BY customer_id ORDER BY ago DESC) - ago AS days FROM visits;
    CREATE VIEW gap_bands AS
        SELECT customer_id, count(*) AS n, sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM gaps_between WHERE days IS NOT NULL
        GROUP BY customer_id, CASE WHEN days < 2 THEN days WHEN days <= 3 THEN 2 WHEN days <= 7 THEN 3
                                   WHEN days <= 14 THEN 4 WHEN days <= 30 THEN 5 ELSE 6 END;
    CREATE VIEW hours AS
        SELECT customer_id, count(*) AS n, sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM visits GROUP BY customer_id, hour;
    CREATE VIEW weekdays AS
        SELECT customer_id, count(*) AS n, sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM visits GROUP BY customer_id, weekday;
"""


def part(condition: str, of: str = "true") -> str:
    """SQL: sessions for which the condition holds over those of a kind."""
    return f"ratio(count(*) FILTER ({{w}} AND {of} AND {condition}), count(*) FILTER ({{w}} AND {of}))"


ANSWER = Answer(
    views=VIEWS,
    customers="visitors",
    measures={
        "visits": {
            "days_since_last_event": "min(ago)",
            "session_count": "count(*) FILTER ({w})",
            "active_day_count": "count(DISTINCT ago) FILTER ({w})",
            "active_week_count_90d": "count(DISTINCT ago // 7)",
            "view_count": "coalesce(sum(views) FILTER ({w}), 0)",
            "search_count": "coalesce(sum(searches) FILTER ({w}), 0)",
            "add_to_cart_count": "coalesce(sum(carts) FILTER ({w}), 0)",
            "checkout_count": "coalesce(sum(checkouts) FILTER ({w}), 0)",
            "login_count": "coalesce(sum(logins) FILTER ({w}), 0)",
            "purchase_event_count": "coalesce(sum(buys) FILTER ({w}), 0)",
            "cart_to_view_ratio": "ratio(sum(carts) FILTER ({w}), sum(views) FILTER ({w}))",
            "purchase_to_view_ratio": "ratio(sum(buys) FILTER ({w}), sum(views) FILTER ({w}))",
            "category_event_share": "ratio(sum(categorised) FILTER ({w}), sum(events) FILTER ({w}))",
            "article_event_share": "ratio(sum(of_article) FILTER ({w}), sum(events) FILTER ({w}))",
            "session_event_mean": "ratio(sum(events) FILTER ({w}), count(*) FILTER ({w}))",
            "session_seconds_mean": "ratio(sum(seconds) FILTER ({w}), count(*) FILTER ({w}))",
            "session_seconds_max": "max(seconds) FILTER ({w})",
            "bounce_share": part("events = 1"),
            "cart_share": part("carts > 0"),
            "checkout_share": part("checkouts > 0", of="carts > 0"),
            "purchase_session_share": part("buys > 0"),
            "app_session_share": part("client = 'app'", of="client IS NOT NULL"),
            "abandoned_cart_count": "count(*) FILTER ({w} AND carts > 0 AND buys = 0)",
            "days_since_last_add_to_cart": "min(ago) FILTER (carts > 0)",
            "has_open_cart": "coalesce(min(ago) FILTER (carts > 0) < coalesce(min(ago) FILTER (buys > 0), 90), false)",
            "night_share_90d": "ratio(sum(at_night), sum(events))",
            "morning_share": part("hour IN (6, 7, 8, 9, 10, 11)"),
            "afternoon_share": part("hour IN (12, 13, 14, 15, 16, 17)"),
            "evening_share": part("hour >= 18"),
            "weekend_share": part("weekday IN (6, 7)"),
            "session_trend_30d_90d": "ratio(3 * count(*) FILTER (ago < 30), count(*) FILTER (ago < 90))",
        },
        "gaps_between": {
            "session_gap_days_mean_90d": "ratio(sum(days), count(days))",
            "session_gap_days_deviation_90d": "stddev_pop(days)",
        },
        "gap_bands": {"session_gap_entropy_90d": ENTROPY},
        "hours": {"hour_entropy_90d": ENTROPY},
        "weekdays": {"weekday_entropy_90d": ENTROPY},
        "looked_at": favourites("category", "90d"),
        "articles": {
            "article_count": "count(*) FILTER ({w})",
            "article_event_count_max_90d": "least(max(events), 100)",
        },
    },
    derived={},
    zero=("category_count_90d", "article_count_30d", "article_count_90d", "article_event_count_max_90d"),
)
