"""Planted structure for cases: attention, concepts, puns and waves of which one knows what a measure must find."""
