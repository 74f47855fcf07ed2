"""The untrusted part: a restored notebook runs in a sandboxed kernel, under limits, and hands out plain data, never a score."""
