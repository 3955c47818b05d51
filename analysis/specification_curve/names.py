"""Words that the tables of specification curves use for what has no name in the configuration."""

ALL = "all"  # subset: every specification of a curve
NONE = "none"  # no controls, or an estimator that knows no fixed effects
TWO_WAY = "two-way fixed effects"
PERMUTED = "permuted dates"
