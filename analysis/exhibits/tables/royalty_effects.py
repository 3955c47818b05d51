"""Effect of the first royalty monetisation on biopharma firms, by sample and control group."""

from analysis.exhibits.tables._variants import variants


def layout(
    royalty_stacked,
    royalty_sales_only,
    royalty_notes_only,
    royalty_size_matched,
    royalty_without_diversified,
    royalty_with_not_yet_treated,
    royalty_staggered,
    royalty_placebo,
    specifications,
    outcomes,
):
    """Return each outcome's effect by specification."""
    estimates = {
        "royalty_stacked": royalty_stacked,
        "royalty_with_not_yet_treated": royalty_with_not_yet_treated,
        "royalty_staggered": royalty_staggered,
        "royalty_sales_only": royalty_sales_only,
        "royalty_notes_only": royalty_notes_only,
        "royalty_size_matched": royalty_size_matched,
        "royalty_without_diversified": royalty_without_diversified,
        "royalty_placebo": royalty_placebo,
    }
    return variants(estimates, {name: specifications[name]["title"] for name in estimates}, outcomes, "randomization_t")
