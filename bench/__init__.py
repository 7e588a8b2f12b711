"""Benchmarks, each a command of its own: floor, peer and ours in one run, as ratios."""
