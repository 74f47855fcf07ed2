"""The untrusted part: a restored notebook runs in a sandboxed kernel, under limits, and hands out plain data, never a score."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "answers": ["NoAnswer", "answer_forms", "read_answers"],
        "dask_cluster": ["Cluster", "serve"],
        "executors": ["ClusterUnavailable", "Executor", "WorkerLost"],
        "limits": ["Limits"],
        "notebook": ["Event", "Execution", "execute", "notices"],
        "harmless_outputs": ["harmless", "plain_text"],
        "sandbox": ["SandboxUnavailable", "sandbox_available"],
    },
)
