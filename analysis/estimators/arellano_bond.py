"""Difference GMM for panels with a lagged outcome (Arellano and Bond 1991, REStud 58: 277-297)."""

from __future__ import annotations

from analysis.estimators._dynamic_panel import declared

METHOD, estimate = declared("Difference GMM", "Arellano and Bond (1991), REStud 58: 277-297", levels=False)
