"""Inner loops in plain Python on arrays, which numba compiles where it is installed."""
