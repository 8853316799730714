"""Staffing on arrays: no frames, no calendar. Importing this loads nothing."""
