"""Grokking on modular addition: the task, the one-layer transformer, its fast update, the training loop."""
