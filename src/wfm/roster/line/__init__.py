"""One person's line of work: what is legal, what is best, why there is none."""
