"""System GMM for persistent outcomes (Blundell and Bond 1998, J. Econometrics 87: 115-143)."""

from __future__ import annotations

from analysis.estimators._dynamic_panel import declared

METHOD, estimate = declared("System GMM", "Blundell and Bond (1998), J. Econometrics 87: 115-143", levels=True)
