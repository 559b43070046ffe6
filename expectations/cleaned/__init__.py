"""What must be true of each cleaned dataset beyond its contract."""

KEEPS_GROWING = "what is known is never forgotten, so a tenth less than usual means that a source or a join lost rows"
JOB_CUTS_HERE = "the job leaves out what lies after the day; a later moment means that the future leaked in"
CLOCKS_RUN_AHEAD = "captured counts it already; readers leave it out until its day has come"
ARRIVES_LATE = "the row is kept without owner, and no customer has it until the owner is delivered; 1 in 100 is a guess"
