"""What must be true of credit_score: a document has no rows, so its truths are kept where it is made and read.

jobs/models/credit_score.py refuses to train on too little, and jobs/models/scorecard.py refuses a scorecard that is
incomplete, altered, contradicts itself or rewards risk, before it is published and before each night's scoring.
"""

from expectations.rules import Rule

RULES: tuple[Rule, ...] = ()
