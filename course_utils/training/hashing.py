"""Hashes that tell weights from others: of tensors, and of files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor


def tensors_hash(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over tensors in the order of their names: name, dtype, shape and bytes of each."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
