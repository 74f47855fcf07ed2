"""Making pun-world: training a seed, measuring it, and the report of every seed."""
