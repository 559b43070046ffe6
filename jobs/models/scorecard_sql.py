"""A scorecard as one plain SQL query, for whoever scores in a database.

Only standard SQL: CASE, CAST, EXP, FLOOR. Numbers are approximate literals (with an exponent), because a database that
read 0.1 as a decimal would round otherwise than the scorecard.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.models.scorecard import Bin, Feature, Population, Scorecard

SOURCE, KEY = "customer_profiles", "customer_id"


def scorecard_sql(scorecard: Scorecard, source: str = SOURCE, *, key: str = KEY) -> str:
    """The query: the key, log_odds (good:bad), score, default_probability and is_thin_file of every row of source.

    source: a table or a sub-query with the key and the features under their own names; it is taken as it is written.
    key: the column that names a row.
    """
    inside = _inside(scorecard.population)
    weighed = [f"{_weight_of_evidence(scorecard, feature)} AS {_woe(feature)}" for feature in scorecard.features]
    total = [f"{_number(feature.weight)} * {_woe(feature)}" for feature in scorecard.features]
    points = f"{_number(scorecard.offset)} + {_number(scorecard.factor)} * log_odds"
    lines = [
        f"-- Credit score {scorecard.model_version}: score = offset + factor * ln(odds good:bad)",
        "WITH weighed AS (",
        f"  SELECT {_quoted(key)},",
        f"    CASE WHEN {inside} THEN 0 ELSE 1 END AS outside,",
        *_joined(weighed, "    ", ","),
        f"  FROM {source}",
        "), summed AS (",
        f"  SELECT {_quoted(key)}, outside,",
        f"    {_number(scorecard.intercept)}",
        *(f"    + {term}" for term in total),
        "    AS log_odds",
        "  FROM weighed",
        ")",
        f"SELECT {_quoted(key)}, log_odds,",
        f"  CAST(FLOOR({points} + 5e-1) AS INTEGER) AS score,",
        "  1e0 / (1e0 + EXP(log_odds)) AS default_probability,",
        "  outside = 1 AS is_thin_file",
        "FROM summed",
    ]
    return "\n".join(lines) + "\n"


def _inside(population: Population | None) -> str:
    return "1 = 1" if population is None else f"COALESCE({_quoted(population.marker)} >= 1, 1 = 0)"


def _woe(feature: Feature) -> str:
    return _quoted(f"woe_{feature.name}")


def _quoted(name: str) -> str:
    """The name of a column, whatever it is: `order` is a word of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _weight_of_evidence(scorecard: Scorecard, feature: Feature) -> str:
    cases = list(_category_cases(feature) if feature.type == "string" else _number_cases(feature))
    if scorecard.is_known_of_population_only(feature):
        cases.insert(0, f"WHEN NOT {_inside(scorecard.population)} THEN 0e0")
    last = feature.unseen if feature.type == "string" else feature.bins[-1].weight_of_evidence
    return "CASE " + " ".join(cases) + f" ELSE {_number(last)} END"


def _number_cases(feature: Feature) -> Iterator[str]:
    """Missing, infinite and every bin but the last; NaN and infinity have no literal that all databases know."""
    name = _quoted(feature.name)
    missing, special = _number(feature.missing), _number(feature.special)
    yield f"WHEN {name} IS NULL THEN {missing}"
    if feature.type != "boolean":  # of whatever type the database holds it, a whole number is none of these
        text = f"LOWER(CAST({name} AS VARCHAR(64)))"
        yield f"WHEN {text} = 'nan' THEN {missing}"
        yield f"WHEN {text} IN ('inf', '+inf', 'infinity', '+infinity', '-inf', '-infinity') THEN {special}"
        if feature.special_codes:
            yield f"WHEN {name} IN ({', '.join(map(_number, feature.special_codes))}) THEN {special}"
    value = f"CASE WHEN {name} THEN 1e0 ELSE 0e0 END" if feature.type == "boolean" else name
    for one in feature.bins[:-1]:
        yield f"WHEN {value} < {_number(_upper_edge(one))} THEN {_number(one.weight_of_evidence)}"


def _category_cases(feature: Feature) -> Iterator[str]:
    yield f"WHEN {_quoted(feature.name)} IS NULL THEN {_number(feature.missing)}"
    for one in feature.bins:
        values = ", ".join("'" + value.replace("'", "''") + "'" for value in one.categories)
        yield f"WHEN {_quoted(feature.name)} IN ({values}) THEN {_number(one.weight_of_evidence)}"


def _upper_edge(one: Bin) -> float:
    if one.below is None:
        raise ValueError("only the last bin has no upper edge")
    return one.below


def _number(value: float) -> str:
    """Seventeen digits with an exponent: read back to the last bit."""
    return f"{value:.16e}"


def _joined(parts: list[str], indent: str, separator: str) -> Iterator[str]:
    for position, part in enumerate(parts):
        yield f"{indent}{part}{separator if position < len(parts) - 1 else ''}"
