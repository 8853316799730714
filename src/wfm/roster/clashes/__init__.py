"""Demands that cannot all hold: found by arithmetic, or as a smallest set of rules."""
