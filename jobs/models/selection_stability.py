"""How sure the selection of features is: how often each is chosen when half of the people are looked at.

Stability selection, Meinshausen and Bühlmann 2010. People are drawn, not rows: the months of one person share their
luck. It is shown, and refuses nothing: with half of the defaults gone, and with two features that tell nearly the same
taking turns, a rule at a fifth of the draws left out features of small worlds whose effect is known to be true.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.feature_bins import Bads, Floats
from jobs.models.feature_selection import choose_features

DRAWS = 24
MOST_ROWS = 10_000  # of one draw: a training of a million rows waits a few seconds, and half of them tell no more
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
