"""Rosters: who works when, and the independent check that every rule is kept."""
