"""Specification curves: every defensible combination of choices, and one test of all of them at once."""
