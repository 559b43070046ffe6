"""What must be true of score_alerts beyond its contract: nothing more, since a quiet night has no row."""

from expectations.rules import Rule

RULES: tuple[Rule, ...] = ()
