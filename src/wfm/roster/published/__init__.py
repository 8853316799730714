"""What a published roster is asked: repair, swaps, leave, the opposite, what changed, the next horizon."""
