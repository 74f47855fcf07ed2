"""Suites on the hub: a repository with one branch per checkpoint, downloaded as they are asked for.

Everything goes through huggingface_hub: its cache (shared with other tools), its progress bars, its resumed downloads,
its token, and `HF_ENDPOINT`. A cache that holds what is asked for is enough without a network.

Pitfalls: one checkpoint of a 1B model is gigabytes; `download_size(step)` tells before. A download that stopped half-way
leaves a folder that looks whole, so files are checked against the repository's own index before a model is built.
"""

import json
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, constants, scan_cache_dir, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import get_session
from safetensors.torch import load_file
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.suites.base import Suite
from course_utils.suites.opening import as_dtype, as_nnsight
from course_utils.suites.revisions import Revision, batch_tokens, read_revisions

_WEIGHTS = re.compile(r"(model|pytorch_model)(-\d+-of-\d+)?\.(safetensors|bin)")
# What older files hold beside parameters: computed from the config, and the same in every step.
_BUFFERS = ("attention.bias", "attention.masked_bias", "attn.bias", "attn.masked_bias", "rotary_emb.inv_freq")
# One of these is in a folder that has a tokenizer.
_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_MOST_LOOKED_AT = 3  # other steps
_ALONGSIDE = ("*.json", "*.txt", "*.model")


class HubError(RuntimeError):
    """A repository or revision that cannot be used; the message says why and what to do."""


class HubSuite(Suite):
    """A repository's branches as a suite; `unread` lists the branches that name no pretraining step.

    Raises HubError where the repository does not exist, is gated, cannot be reached and is not in the cache, or has no
    branch that names a step.
    """

    def __init__(self, repository: str, *, dtype: torch.dtype | str | None = None, device: str = "cpu") -> None:
        self.name, self.device, self.dtype = repository, device, as_dtype(dtype)
        self.revisions, self.unread = read_revisions(_branches(repository))
        if not self.revisions:
            some = ", ".join(self.unread[:5]) or "none"
            raise HubError(
                f"{repository} has no branch that names a training step (its branches: {some}); "
                "expected names such as step1000 or stage1-step1000-tokens3B"
            )

    @property
    def steps(self) -> list[int]:
        return list(self.revisions)

    def revision(self, step: int) -> Revision:
        """The branch of a step; raises as `existing`."""
        return self.revisions[self.existing(step)]

    def tokens(self, step: int) -> int | None:
        per_batch = batch_tokens(self.name)
        return None if per_batch is None else self.existing(step) * per_batch

    def label(self, step: int) -> str:
        return self.revision(step).name

    def label_tokens(self, step: int) -> tuple[int, int] | None:
        return self.revision(step).token_range

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the last step, as suites keep one throughout; where it has none, that of main or of another step.

        Warns where it is another one. Raises HubError where none is found, as transformers would make up an empty one.
        """
        from transformers import AutoTokenizer

        last, *others = [self.revisions[step].name for step in reversed(self.steps)]
        looked_at = [last, "main", *others[:_MOST_LOOKED_AT]]
        for name in looked_at:
            folder = self._alongside(name, needed=name == last)
            if folder is not None and any((folder / file).is_file() for file in _TOKENIZERS):
                if name != last:
                    warnings.warn(f"{self.name}: {last} has no tokenizer; that of {name} is used", stacklevel=2)
                return AutoTokenizer.from_pretrained(folder)
        raise HubError(f"{self.name} has no tokenizer at {', '.join(looked_at)}: texts cannot be asked of this suite")

    def _alongside(self, name: str, needed: bool) -> Path | None:
        """The folder of a revision's small files; None where it cannot be had and is not needed."""
        try:
            with told_plainly(self.name, name):
                return Path(snapshot_download(self.name, revision=name, allow_patterns=list(_ALONGSIDE)))
        except HubError:
            if needed:
                raise
            return None

    def build(self, step: int) -> Any:
        from transformers import AutoModelForCausalLM

        folder = self.download(step)
        model, loaded = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=self.dtype or "auto",
            attn_implementation="eager",  # or attention patterns could not be read
            output_loading_info=True,
        )
        _expect_every_tensor(loaded, f"{self.name} at {self.revision(step).name}")
        return as_nnsight(model.to(self.device).eval().requires_grad_(False), self.tokenizer)

    def download(self, step: int) -> Path:
        """The folder of a step's files, downloaded where they are not in the cache; raises HubError."""
        name = self.revision(step).name
        with told_plainly(self.name, name):
            patterns = [*_ALONGSIDE, *self._weight_files(name)]
            folder = Path(snapshot_download(self.name, revision=name, allow_patterns=patterns))
        _check_whole(folder, self.name, name)
        return folder

    def prefetch(self, steps: Sequence[int] | None = None) -> None:
        """Download steps (all unless given) ahead of time; what is in the cache is not fetched again."""
        chosen = [self.existing(step) for step in (self.steps if steps is None else steps)]
        with tqdm(chosen, desc=self.name, unit="checkpoint") as bar:
            for step in bar:
                bar.set_postfix_str(f"step {step}")
                self.download(step)

    def is_cached(self, step: int) -> bool:
        """Whether weights of a step are in the cache, so that it opens without a download."""
        folder = _cached_folder(self.name, self.revision(step).name)
        return folder is not None and bool(_weight_paths(folder))

    def download_size(self, step: int) -> int:
        """Bytes of a step's weights, as the repository tells, without downloading them; raises HubError."""
        return sum(file.size or 0 for file in self._remote_weights(self.revision(step).name))

    def weights(self, step: int) -> Mapping[str, Tensor]:
        tensors: dict[str, Tensor] = {}
        for path in _weight_paths(self.download(step)):
            if path.suffix == ".safetensors":
                tensors |= load_file(path)
            else:
                tensors |= torch.load(path, map_location="cpu", weights_only=True)
        return tensors

    def weights_hash(self, step: int) -> str:
        """SHA-256 over the hashes of a step's weight files, which the hub tells without a download."""
        name = self.revision(step).name
        cached = _cached_folder(self.name, name)
        if cached is not None and (paths := _weight_paths(cached)):
            hashes = [path.resolve().name for path in paths]  # the cache names a file by its hash
        else:
            hashes = [file.lfs.sha256 if file.lfs else file.blob_id for file in self._remote_weights(name)]
        return sha256("\n".join(sorted(hashes)).encode()).hexdigest()

    def _weight_files(self, revision: str) -> list[str]:
        """The names of the weight files to fetch: safetensors, and other formats only where there are none."""
        try:
            return [file.rfilename for file in self._remote_weights(revision)]
        except HubError as error:
            if isinstance(error.__cause__, _UNREACHABLE):
                return ["*.safetensors", "*.bin"]  # whatever is in the cache
            raise

    def _remote_weights(self, revision: str) -> list[Any]:
        with told_plainly(self.name, revision):
            info = HfApi().model_info(self.name, revision=revision, files_metadata=True)
        files = [file for file in info.siblings or [] if _WEIGHTS.fullmatch(file.rfilename)]
        safe = [file for file in files if file.rfilename.endswith(".safetensors")]
        if not files:
            raise HubError(f"{self.name}, revision {revision}: no weights in it; choose another step")
        return safe or files


def _branches(repository: str) -> list[str]:
    """The names of a repository's branches, from the hub, or from the cache where the hub cannot be reached."""
    try:
        with told_plainly(repository, "main"):
            return [branch.name for branch in HfApi().list_repo_refs(repository).branches]
    except HubError as error:
        cached = _cached_branches(repository)
        if cached and isinstance(error.__cause__, _UNREACHABLE):
            return cached
        raise


def _cached_branches(repository: str) -> list[str]:
    if not Path(constants.HF_HUB_CACHE).is_dir():
        return []
    for repo in scan_cache_dir().repos:
        if repo.repo_id == repository and repo.repo_type == "model":
            return sorted(str(ref) for ref in repo.refs)
    return []


def _cached_folder(repository: str, revision: str) -> Path | None:
    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _weight_paths(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if _WEIGHTS.fullmatch(path.name))
    return [path for path in paths if path.suffix == ".safetensors"] or paths


def _check_whole(folder: Path, repository: str, revision: str) -> None:
    """Raise HubError unless a folder holds a config and every weight file that its index lists."""
    expected = {"config.json"}
    for index in folder.glob("*.index.json"):
        expected |= set(json.loads(index.read_text())["weight_map"].values())
    missing = sorted(name for name in expected if not (folder / name).is_file())
    if missing or not _weight_paths(folder):
        what = ", ".join(missing) or "weights"
        raise HubError(
            f"{repository}, revision {revision}: only part of it is in the cache ({what} missing); "
            "open it once with a network, and the download goes on where it stopped"
        )


def _network_faults() -> tuple[type[Exception], ...]:
    """What huggingface_hub lets through where there is no network; its HTTP library has changed its name before."""
    known = (OfflineModeIsEnabled, LocalEntryNotFoundError, ConnectionError, TimeoutError)
    library = import_module(get_session().__class__.__module__.partition(".")[0])
    return (*known, getattr(library, "TransportError", ConnectionError))


_UNREACHABLE = _network_faults()


@contextmanager
def told_plainly(repository: str, revision: str) -> Iterator[None]:
    """Turn what goes wrong at the hub into a HubError of one sentence that says what to do."""
    try:
        yield
    except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError, *_UNREACHABLE) as error:
        raise HubError(_sentence(error, repository, revision)) from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no answer"
        raise HubError(f"{repository}, revision {revision}: the hub answered {status}; try again later") from error


def _sentence(error: Exception, repository: str, revision: str) -> str:
    # GatedRepoError is a RepositoryNotFoundError, so the order matters.
    told: list[tuple[Callable[[], bool], str]] = [
        (
            lambda: isinstance(error, GatedRepoError),
            f"{repository} is gated: ask for access on its page, then set HF_TOKEN or run `hf auth login`",
        ),
        (
            lambda: isinstance(error, RepositoryNotFoundError),
            f"{repository} is not on the hub, or is private: check the spelling (OWNER/NAME), or set HF_TOKEN",
        ),
        (
            lambda: isinstance(error, RevisionNotFoundError),
            f"{repository} has no revision {revision}: it may have been removed; open the suite anew",
        ),
        (
            lambda: isinstance(error, _UNREACHABLE),
            f"{repository}, revision {revision}: the hub cannot be reached, and not all of it is in the cache; "
            "check the network, or use a suite that ships, as in load_suite('pun-world')",
        ),
    ]
    return next(
        (sentence for fits, sentence in told if fits()),
        f"{repository}, revision {revision}: a file is missing ({error})",
    )


def _expect_every_tensor(loaded: Mapping[str, Collection], where: str) -> None:
    """Raise HubError where a model's weights and its file do not match: transformers would make up what is missing."""
    unexpected = [name for name in loaded["unexpected_keys"] if not name.endswith(_BUFFERS)]
    for what, names in (("lack", loaded["missing_keys"]), ("have besides", unexpected)):
        if names:
            shown = ", ".join(sorted(map(str, names))[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise HubError(
                f"{where}: the weights {what} {shown}, by the architecture that config.json tells. The step cannot be "
                "used; delete it from the cache and download it again, or leave it out"
            )
