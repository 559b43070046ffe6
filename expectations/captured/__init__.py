"""What must be true of what the partners deliver: reasons that several captured tables share.

Nobody downstream repairs a captured table, so a critical rule here asks whether the *delivery* can be believed: its
volume, its units, its signs. A single odd row is a warning; cleaned/ decides about rows.
"""

CLOCKS_RUN_AHEAD = "no moment lies in the future; partners' clocks run ahead by minutes, an hour is a guess"
NOISE = "a few wrong rows are a partner's daily noise, more is a changed meaning of the column (0.95 is a guess)"
HALF_OF_A_HOLIDAY = "the quietest holiday brings about half of the usual; 0.4 is a guess below it"
SLICE = "a bank's slice ends with the business date; a later row would let the night know the future"
