"""A question asked at many steps, wherever the suite is: python tests/helpers/suite_script.py SOURCE [remote]."""

import sys

import torch

from course_utils.inside.activations import logits
from course_utils.suites.load import load_suite

suite = load_suite(sys.argv[1], remote="remote" in sys.argv[2:])
tokens = torch.tensor([[1, 2, 7], [3, 4, 7]])
for step in suite.select(3):
    with suite.open(step) as model:
        log_p = logits(model, tokens)[:, -1].log_softmax(dim=-1)
    entropy = -(log_p.exp() * log_p).sum(dim=-1).mean()
    print(step, f"{float(entropy):.5f}")
