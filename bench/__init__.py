"""Measurements: one script per question, each a ratio or taken beside its floor. See README.md."""
