"""From which stability index on people have changed, and of how many it says anything.

Siddiqi, Intelligent Credit Scoring, 2017: below 0.1 nothing has changed, above 0.25 the population is another one.
"""

CHANGED = 0.25
CHANGING = 0.1

FEWEST_CUSTOMERS = 200
"""Of fewer the index of ten groups is above 0.05 by chance alone."""
