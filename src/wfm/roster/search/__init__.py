"""Everybody's lines improved by simulated annealing; its inner loops are compiled where they can be."""
