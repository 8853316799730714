"""Shifts and tours for planners without names."""
