"""Subnormal numbers are 0 while something trains, and what they were before afterwards; no number that is kept changes by it."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
import torch

from course_utils.modular_addition import ModularAdditionConfig, loop, train
from course_utils.training import worker_threads
from course_utils.training.subnormals import subnormals_as_zero
from course_utils.training.worker_threads import worker_pool


def half_of_the_smallest() -> bool:
    """Whether half of the smallest normal number is a number, and not 0."""
    return bool((torch.full((64,), torch.finfo(torch.float32).tiny) / 2).any())


needs_flushing = pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor has no such setting")


@needs_flushing
def test_they_are_zero_inside_and_as_before_afterwards():
    assert half_of_the_smallest()
    with subnormals_as_zero():
        assert not half_of_the_smallest()
        with subnormals_as_zero():
            pass
        assert not half_of_the_smallest()
    assert half_of_the_smallest()


@needs_flushing
def test_they_are_put_back_where_the_block_fails():
    with pytest.raises(KeyboardInterrupt), subnormals_as_zero():
        raise KeyboardInterrupt
    assert half_of_the_smallest()


@needs_flushing
def test_other_threads_keep_theirs_and_those_of_a_pool_of_workers_are_set():
    with ThreadPoolExecutor(1) as other:
        assert other.submit(half_of_the_smallest).result()  # a thread that was there before
        with subnormals_as_zero():
            assert other.submit(half_of_the_smallest).result()
    with worker_pool(2) as workers:
        assert not any(workers.map(lambda _: half_of_the_smallest(), range(8)))


@needs_flushing
def test_torchs_own_threads_are_as_before_afterwards():
    """In a process of its own, where they are not started yet."""
    code = (
        "import torch; from course_utils.training.subnormals import subnormals_as_zero\n"
        "many, tiny = 2**22, torch.finfo(torch.float32).tiny\n"
        "torch.set_num_threads(4)\n"
        "with subnormals_as_zero():\n    torch.rand(many).mul(2)\n"
        "print(bool((torch.full((many,), tiny) / 2).all()))"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "4"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("seeds", [None, (0, 1)])
def test_metrics_are_what_they_were_without(monkeypatch, seeds):
    """To the last digit, on a small network; `benchmarks.grokking --classroom` says it of a whole run."""
    config = ModularAdditionConfig(modulus=23, d_model=32, n_heads=2, d_mlp=64, steps=300)
    now = train(config, seeds, progress=False)
    monkeypatch.setattr(loop, "subnormals_as_zero", nullcontext)
    monkeypatch.setattr(worker_threads, "_begin", torch.set_num_threads)
    before = train(config, seeds, progress=False)
    assert now.metrics.equals(before.metrics)
