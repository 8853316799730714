"""How little any roster can cost: people collapsed to classes, counts of shifts, quick sums."""
