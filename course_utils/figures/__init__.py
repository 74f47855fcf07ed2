"""Figures and sliders over training steps. They draw what they are given and compute nothing."""
