"""What a model is asked: puns, concepts, general text, and all of it as tokens."""
