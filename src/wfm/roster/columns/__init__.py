"""Small cases by whole lines: column generation, its master, and CP-SAT."""
