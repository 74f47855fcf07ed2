"""Reading and changing an opened model: named places, activations, interventions, heads by name, the output head.

Works on GPT-NeoX, OLMo and the course's toy models alike; `architectures` is where another one is added.
"""
