"""How sure the selection of features is: how often each is chosen when half of the people are looked at.

Stability selection, Meinshausen and Bühlmann 2010. People are drawn, not rows: the months of one person share their
luck. A feature that is hardly ever chosen was chosen for the luck of a few.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.feature_bins import Bads, Floats
from jobs.models.feature_selection import choose_features

DRAWS = 24
MOST_ROWS = 10_000  # of one draw: a training of a million rows waits a few seconds, and half of them tell no more
LEAST_SHARE = 0.2
"""Of the draws. The wanted share is 0.6 and more, in halves that hold all that there is to know; here half of the
defaults have gone, and two features that tell nearly the same take turns. Below a fifth it is luck; a guess."""
SEED = 20260331


def chosen_shares(woe: Floats, is_bad: Bads, bins_beyond_first: NDArray[np.int64], people: pd.Series) -> Floats:
    """The share of DRAWS in which each column is chosen; see `choose_features` for the first three."""
    chance = np.random.default_rng(SEED)
    names, person = np.unique(people.to_numpy().astype(str), return_inverse=True)
    chosen = np.zeros(woe.shape[1])
    for _ in range(DRAWS):
        drawn = np.zeros(len(names), dtype=bool)
        drawn[chance.permutation(len(names))[: max(1, len(names) // 2)]] = True
        which = np.flatnonzero(drawn[person])
        if len(which) > MOST_ROWS:
            which = np.sort(chance.choice(which, MOST_ROWS, replace=False))
        if 0 < is_bad[which].sum() < len(which):
            chosen[list(choose_features(woe[which], is_bad[which], bins_beyond_first).chosen)] += 1
    return chosen / DRAWS
