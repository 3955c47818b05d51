"""Where every printed number comes from: sentence, claim, estimate, specification, panel, table, raw file, code."""
