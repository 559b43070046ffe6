"""What must be true of churn: a document has no rows, so its truths are kept where it is made and read.

jobs/models/propensity_fit.py answers with a declared base rate where too little is known, and jobs/models/propensity.py
refuses a model that is incomplete, altered or contradicts itself before each night's scoring.
"""

from expectations.rules import Rule

RULES: tuple[Rule, ...] = ()
