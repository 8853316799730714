"""The independent check: what a roster can break, judged by its frames alone."""
