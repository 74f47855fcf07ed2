"""Suites from a hub: the real client against a hub of our own, whole, broken, gated, gone and offline."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file

from course_utils.suites.hub import HubError, HubSuite
from course_utils.suites.load import load_suite
from course_utils.suites.revisions import batch_tokens, is_later_stage, parse_revision, read_revisions
from tests.helpers.local_hub import LocalHub, serving
from tests.helpers.tiny_models import saved, tiny_neox, tiny_olmo2

PYTHIA, OLMO = "EleutherAI/pythia-14m", "allenai/OLMo-2-0425-1B"
TOKENS = torch.tensor([[0, 5, 6, 7]])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {
        "neox": [saved(tiny_neox(seed), root / f"neox-{seed}") for seed in range(3)],
        "olmo": [saved(tiny_olmo2(seed), root / f"olmo-{seed}") for seed in range(2)],
        "shards": saved(tiny_neox(9), root / "shards", max_shard_size="8KB"),
    }


@pytest.fixture
def hub(folders, tmp_path, monkeypatch):
    hub = LocalHub()
    for branch, folder in zip(("step0", "step512", "step1000"), folders["neox"], strict=True):
        hub.add(PYTHIA, branch, folder)
    hub.add(PYTHIA, "main", folders["neox"][2])
    for branch, folder in zip(("stage1-step0-tokens0B", "stage1-step10000-tokens21B"), folders["olmo"], strict=True):
        hub.add(OLMO, branch, folder)
    hub.add(OLMO, "stage2-ingredient1-step1000-tokens3B", folders["olmo"][0])
    with serving(hub):
        _point_at(monkeypatch, hub.address, tmp_path / "cache")
        yield hub


def _point_at(monkeypatch, address, cache):
    """What HF_ENDPOINT and HF_HUB_CACHE do; huggingface_hub reads both when it is first imported."""
    from huggingface_hub import _snapshot_download, constants, file_download, hf_api

    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    for module in (constants, file_download, hf_api, _snapshot_download, huggingface_hub):
        for name, value in {
            "ENDPOINT": address,
            "HUGGINGFACE_CO_URL_TEMPLATE": template,
            "HF_HUB_CACHE": str(cache),
        }.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    from course_utils.suites import hub as hub_suites

    monkeypatch.setattr(hub_suites, "HfApi", lambda: huggingface_hub.HfApi(endpoint=address))
    download = huggingface_hub.snapshot_download
    monkeypatch.setattr(hub_suites, "snapshot_download", lambda *a, **k: download(*a, **{"cache_dir": cache, **k}))
    monkeypatch.setattr(
        hub_suites, "scan_cache_dir", lambda: huggingface_hub.scan_cache_dir(cache) if Path(cache).is_dir() else None
    )


@pytest.mark.parametrize(
    ("name", "step", "tokens"),
    [
        ("step0", 0, None),
        ("step143000", 143000, None),
        ("step1000-tokens4B", 1000, 4 * 10**9),
        ("stage1-step10000-tokens21B", 10000, 21 * 10**9),
        ("step600-tokens3B", 600, 3 * 10**9),
        ("stage1-step5000", 5000, None),
        ("stage1-step1000000-tokens4T", 1000000, 4 * 10**12),
    ],
)
def test_every_naming_scheme_is_read(name, step, tokens):
    revision = parse_revision(name)
    assert (revision.step, revision.labelled_tokens) == (step, tokens)


@pytest.mark.parametrize(
    "name",
    ["main", "step", "stepten", "xstep10", "step10-tokensB", "stage2-ingredient1-step1000-tokens5B", "stage2-step1000"],
)
def test_names_that_tell_no_pretraining_step_are_left_out(name):
    assert parse_revision(name) is None


def test_later_stages_are_recognised_and_pretraining_is_not():
    assert is_later_stage("stage2-ingredient1-step1000-tokens5B") and not is_later_stage("stage1-step1000")


def test_a_step_under_two_names_is_one_step():
    found, unread = read_revisions(["step600", "stage1-step600-tokens3B", "main", "step2"])
    assert {step: revision.name for step, revision in found.items()} == {2: "step2", 600: "stage1-step600-tokens3B"}
    assert unread == ["main"]


def test_all_of_pythia_is_read_in_order():
    names = ["step0", *(f"step{2**k}" for k in range(10)), *(f"step{k}000" for k in range(1, 144)), "main"]
    found, _ = read_revisions(sorted(names))
    assert len(found) == 154 and list(found) == sorted(found) and list(found)[-1] == 143000


def test_tokens_are_step_times_batch_and_unknown_where_unknown():
    assert batch_tokens("EleutherAI/pythia-70m") == batch_tokens("EleutherAI/pythia-410m-seed7") == 2097152
    assert batch_tokens("allenai/OLMo-2-1124-7B") == 4194304
    assert batch_tokens("somebody/model") is None


def test_a_repository_is_a_suite(hub):
    suite = load_suite(PYTHIA)
    assert suite.steps == [0, 512, 1000] and suite.unread == ["main"]
    assert suite.tokens(512) == 512 * 2097152
    assert suite.nearest(700) == 512
    assert suite.download_size(512) == len(hub.files[PYTHIA]["step512"]["model.safetensors"])
    assert hub.downloads() == 0  # nothing was loaded to know all that
    with suite.open(512) as model, torch.no_grad(), model.trace(TOKENS):
        logits = model.output.logits.save()
    torch.testing.assert_close(logits, tiny_neox(1)(TOKENS).logits)
    assert hub.downloads() == 1


def test_memory_is_freed_though_the_model_is_still_held(hub):
    with load_suite(PYTHIA).open(0) as model:
        assert next(model._module.parameters()).device.type == "cpu"
    assert next(model._module.parameters()).device.type == "meta"


def test_olmo_opens_and_its_later_stage_is_told_apart(hub):
    suite = load_suite(OLMO, dtype="float64")
    assert suite.steps == [0, 10000] and suite.unread == ["stage2-ingredient1-step1000-tokens3B"]
    low, high = suite.label_tokens(10000)
    assert low < suite.tokens(10000) <= high
    with suite.open(10000) as model:
        assert next(model._module.parameters()).dtype == torch.float64
        with torch.no_grad(), model.trace("w3 w4"):
            logits = model.output.logits.save()
    assert logits.shape[-1] == tiny_olmo2().config.vocab_size


def test_sharded_weights_are_all_fetched(hub, folders):
    hub.add("somebody/shards", "step5", folders["shards"])
    suite = load_suite("somebody/shards")
    assert suite.tokens(5) is None
    state = tiny_neox(9).state_dict()
    state["embed_out.weight"] = state.pop("lm_head.weight")  # Pythia's own name, kept in its files
    weights = suite.weights(5)
    assert set(weights) == set(state)
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, state[name])
    with suite.open(5) as model:
        torch.testing.assert_close(model._module(TOKENS).logits, tiny_neox(9)(TOKENS).logits)


def test_prefetch_then_work_without_a_network(hub, tmp_path):
    load_suite(PYTHIA).prefetch([0, 1000])
    assert hub.downloads() == 2
    hub.answer_with = 503
    script = (
        "from course_utils.suites import load_suite\n"
        f"suite = load_suite({PYTHIA!r})\n"
        "assert suite.steps == [0, 1000], suite.steps\n"
        "with suite.open(1000) as model:\n"
        "    print(sum(p.numel() for p in model._module.parameters()))\n"
    )
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == sum(p.numel() for p in tiny_neox().parameters())


def test_real_environment_variables_reach_the_hub(hub, tmp_path):
    script = f"from course_utils.suites import load_suite\nprint(load_suite({OLMO!r}).steps)"
    environment = os.environ | {"HF_ENDPOINT": hub.address, "HF_HUB_CACHE": str(tmp_path / "other")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "[0, 10000]", done.stderr


def test_a_transfer_that_breaks_off_is_resumed(hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 500)  # the files here are small
    hub.break_after = 1000
    suite = load_suite(PYTHIA)
    with suite.open(0) as model:
        torch.testing.assert_close(
            model._module.get_output_embeddings().weight, tiny_neox(0).get_output_embeddings().weight
        )
    assert hub.ranges and hub.ranges[0].startswith("bytes=1000-")


def test_a_slow_transfer_is_waited_for(hub):
    hub.pause = 1.0
    with load_suite(PYTHIA).open(512) as model:
        torch.testing.assert_close(model._module(TOKENS).logits, tiny_neox(1)(TOKENS).logits)


def test_a_hub_that_cannot_be_reached_is_told_and_the_cache_is_used(hub, monkeypatch, tmp_path):
    load_suite(PYTHIA).prefetch([0, 1000])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        _point_at(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}", tmp_path / "cache")
    suite = load_suite(PYTHIA)
    assert suite.steps == [0, 1000]
    with suite.open(1000) as model:
        torch.testing.assert_close(model._module(TOKENS).logits, tiny_neox(2)(TOKENS).logits)
    with pytest.raises(HubError, match="the hub cannot be reached.*pun-world"):
        load_suite(OLMO)


def test_half_of_a_revision_is_not_taken_for_the_whole(hub, folders, monkeypatch):
    hub.add("somebody/shards", "step5", folders["shards"])
    suite = load_suite("somebody/shards")
    folder = suite.download(5)
    shard = sorted(folder.glob("*.safetensors"))[0]
    shard.resolve().unlink()
    shard.unlink()
    hub.files["somebody/shards"]["step5"].pop(shard.name)
    with pytest.raises(HubError, match=f"only part of it is in the cache .*{shard.name}"):
        suite.download(5)


@pytest.mark.parametrize(
    ("spoil", "repository", "told"),
    [
        (lambda hub: None, "nobody/nothing", "is not on the hub, or is private"),
        (lambda hub: setattr(hub, "answer_with", 500), PYTHIA, "the hub answered 500"),
        (lambda hub: hub.files.__setitem__("a/b", {"main": {}}), "a/b", "no branch that names a training step"),
    ],
)
def test_a_repository_that_cannot_be_opened_is_told_in_a_sentence(hub, spoil, repository, told):
    spoil(hub)
    with pytest.raises(HubError, match=told):
        load_suite(repository)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda hub: hub.gated.add(PYTHIA), "is gated: ask for access"),
        (lambda hub: hub.files[PYTHIA].pop("step512"), "has no revision step512"),
        (lambda hub: hub.files[PYTHIA]["step512"].pop("model.safetensors"), "no weights in it"),
        (lambda hub: hub.files[PYTHIA]["step512"].pop("config.json"), "config.json missing"),
        (lambda hub: setattr(hub, "answer_with", 502), "the hub answered 502"),
    ],
)
def test_a_step_that_cannot_be_opened_is_told_and_loses_nothing(hub, spoil, told):
    suite = load_suite(PYTHIA)
    spoil(hub)
    with pytest.raises(HubError, match=told), suite.open(512):
        pass
    if not hub.gated and hub.answer_with is None:
        with suite.open(0):
            pass


def test_the_hash_is_the_same_before_and_after_the_download_and_finds_twins(hub, folders):
    hub.add(PYTHIA, "step2000", folders["neox"][2])
    suite = HubSuite(PYTHIA)
    before = [suite.weights_hash(step) for step in suite.steps]
    assert hub.downloads() == 0
    suite.prefetch()
    assert [suite.weights_hash(step) for step in suite.steps] == before
    assert before[2] == before[3] and len(set(before)) == 3


def test_what_is_no_repository_is_not_looked_up(hub):
    asked = len(hub.requests)
    for source in ("pun-wrld", "./absent", Path("a/b"), "/no/such"):
        with pytest.raises(FileNotFoundError, match="no suite of that name"):
            load_suite(source)
    with pytest.raises(ValueError, match="repositories of their own"):
        load_suite(PYTHIA, seed=3)
    with pytest.raises(ValueError, match="torch dtype"):
        load_suite(PYTHIA, dtype="float31")
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors: tensors.pop("gpt_neox.layers.1.mlp.dense_h_to_4h.weight"), "lack gpt_neox.layers.1.mlp"),
        (lambda tensors: tensors.update({"gpt_neox.layers.2.mlp.dense_h_to_4h.bias": torch.ones(32)}), "have besides"),
    ],
    ids=["missing", "more layers"],
)
def test_weights_that_do_not_fit_the_config_are_no_model(hub, folders, tmp_path, change, told):
    """transformers draws what is missing anew at each opening, and drops what is too much."""
    shutil.copytree(folders["neox"][1], tmp_path / "odd")
    tensors = load_file(tmp_path / "odd" / "model.safetensors")
    change(tensors)
    save_file(tensors, tmp_path / "odd" / "model.safetensors", metadata={"format": "pt"})
    hub.add(PYTHIA, "step600", tmp_path / "odd")
    suite = load_suite(PYTHIA)
    with pytest.raises(HubError, match=f"{PYTHIA} at step600: the weights {told}"), suite.open(600):
        pass
    with suite.open(512):
        pass


def test_buffers_that_older_files_hold_are_no_fault(hub, folders, tmp_path):
    shutil.copytree(folders["neox"][1], tmp_path / "old")
    tensors = load_file(tmp_path / "old" / "model.safetensors")
    for layer in range(2):
        tensors[f"gpt_neox.layers.{layer}.attention.masked_bias"] = torch.tensor(-1e9)
        tensors[f"gpt_neox.layers.{layer}.attention.rotary_emb.inv_freq"] = torch.ones(2)
    save_file(tensors, tmp_path / "old" / "model.safetensors", metadata={"format": "pt"})
    hub.add(PYTHIA, "step600", tmp_path / "old")
    with load_suite(PYTHIA).open(600):
        pass


@pytest.mark.parametrize("source", [PYTHIA, "pun-world"])
def test_opening_a_checkpoint_leaves_the_suites_tokenizer_as_it_was(hub, source):
    suite = load_suite(source)
    texts = ["w3 w4 w5", "w6"] if source == PYTHIA else ["i used to be a banker", "anna"]
    before = suite.tokenizer.padding_side, suite.tokenizer(texts, padding=True)["input_ids"]
    with suite.open(suite.steps[-1]) as model:
        model.tokenizer.padding_side = "left"
        assert (suite.tokenizer.padding_side, suite.tokenizer(texts, padding=True)["input_ids"]) == before
    assert (suite.tokenizer.padding_side, suite.tokenizer(texts, padding=True)["input_ids"]) == before


def without_tokenizer(folder: Path, copy: Path) -> Path:
    shutil.copytree(folder, copy)
    for path in copy.glob("tokenizer*"):
        path.unlink()
    return copy


def test_a_tokenizer_that_the_last_step_lacks_is_taken_from_main_and_said(hub, folders, tmp_path):
    hub.add(PYTHIA, "step2000", without_tokenizer(folders["neox"][1], tmp_path / "bare"))
    with pytest.warns(UserWarning, match="step2000 has no tokenizer; that of main is used"):
        tokenizer = load_suite(PYTHIA).tokenizer
    assert tokenizer("w3 w4")["input_ids"] == [5, 6]


def test_a_tokenizer_is_taken_from_another_step_where_main_is_not_there(hub, folders, tmp_path):
    hub.add(OLMO, "stage1-step20000-tokens42B", without_tokenizer(folders["olmo"][1], tmp_path / "bare"))
    with pytest.warns(UserWarning, match="has no tokenizer; that of stage1-step10000-tokens21B is used"):
        assert load_suite(OLMO).tokenizer("w3")["input_ids"] == [5]


def test_a_repository_without_any_tokenizer_is_told(hub, folders, tmp_path):
    hub.add("me/bare", "step1", without_tokenizer(folders["neox"][1], tmp_path / "bare"))
    with pytest.raises(HubError, match="me/bare has no tokenizer at step1, main: texts cannot be asked"):
        load_suite("me/bare").tokenizer  # noqa: B018 - the property is what is tested
