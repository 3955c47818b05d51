"""SIMULATED. A cohort of firms with a known truth, from a structural model; it tests the pipeline, never a claim."""
