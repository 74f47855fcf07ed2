"""Induction heads in the smallest network that can form them: the attention-only transformer, its training and its data."""
