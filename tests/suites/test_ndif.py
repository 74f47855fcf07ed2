"""Suites on NDIF: nnsight's real client against a service of our own that runs what it is sent, and fails in each way."""

import gc
import pickle
import runpy
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import httpx
import nnsight
import pandas as pd
import pytest
import torch
import websocket
from huggingface_hub import constants
from huggingface_hub.utils import _cache_manager
from nnsight.intervention.backends.remote import RemoteError

from course_utils.inside.activations import read_activations, unembed
from course_utils.inside.components import all_heads
from course_utils.inside.interventions import ablate_each
from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train
from course_utils.suites import ndif as remote_suites
from course_utils.suites.base import Suite
from course_utils.suites.hub import HubError
from course_utils.suites.load import load_suite
from course_utils.suites.ndif import RemoteSuite
from course_utils.suites.ndif_errors import (
    FailedJobError,
    KeyRefusedError,
    NoKeyError,
    NotHostedError,
    NotSentError,
    Place,
    PreemptedJobError,
    RemoteSuiteError,
    RequestRefusedError,
    ServiceDownError,
    UnexpectedAnswerError,
    VersionRefusedError,
    read_fault,
)
from course_utils.sweeps.table import sweep
from tests.helpers.local_hub import LocalHub, serving
from tests.helpers.local_ndif import serving_ndif
from tests.helpers.tiny_models import saved, tiny_neox

PYTHIA = "EleutherAI/pythia-14m"
OTHER_END = "EleutherAI/pythia-31m"  # its main is not its last step
NO_END = "EleutherAI/pythia-70m"  # its main holds no weights
STEPS = [0, 512, 1000]
TOKENS = torch.tensor([[0, 5, 6, 7], [0, 9, 9, 3]])
SCRIPT = Path(__file__).parents[1] / "helpers" / "suite_script.py"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    folders = [saved(tiny_neox(seed), root / f"neox-{seed}") for seed in range(3)]
    hub = LocalHub()
    for branch, folder in zip(("step0", "step512", "step1000"), folders, strict=True):
        hub.add(PYTHIA, branch, folder)
        hub.add(OTHER_END, branch, folder)
    hub.add(PYTHIA, "main", folders[2])
    hub.add(OTHER_END, "main", folders[0])
    hub.add(NO_END, "step0", folders[0])
    hub.files[NO_END]["main"] = {"README.md": b"the weights are in the branches"}
    with serving(hub), pytest.MonkeyPatch.context() as patch:
        # What HF_ENDPOINT and HF_HUB_CACHE do; huggingface_hub reads both when it is first imported.
        patch.setattr(constants, "ENDPOINT", hub.address)
        patch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        patch.setattr(constants, "HF_HUB_CACHE", str(root / "cache"))
        patch.setattr(_cache_manager, "HF_HUB_CACHE", str(root / "cache"))
        yield hub


@pytest.fixture(scope="module")
def service(hub, tmp_path_factory):
    with serving_ndif(hub.address, tmp_path_factory.mktemp("service")) as ndif:
        yield ndif


@pytest.fixture
def ndif(service, monkeypatch):
    service.set()
    monkeypatch.setenv("NDIF_HOST", service.address)
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    return service


@pytest.fixture
def suite(ndif):
    return RemoteSuite(PYTHIA, pause=0.001)


@pytest.fixture(scope="module")
def here(hub):
    gc.collect()
    gc.freeze()  # or each model that is closed here costs half a second of looking through what torch imports
    yield load_suite(PYTHIA)
    gc.unfreeze()


def last_residual(model):
    """What a student writes: it does not know where the model is."""
    with model.trace(TOKENS):
        stream = model.gpt_neox.layers[-1].output.save()
    return stream


def residual_norm(model):
    return float(last_residual(model).norm())


# --- the same code, here and there ---------------------------------------------------------------------------------------


def test_a_remote_suite_is_a_suite_and_knows_its_steps(ndif):
    suite = load_suite(PYTHIA, remote=True)
    assert isinstance(suite, Suite) and isinstance(suite, RemoteSuite)
    assert suite.steps == STEPS and suite.tokens(512) == 512 * 2**21
    assert suite.weights_hash(512) != suite.weights_hash(1000)


def test_the_same_function_gives_the_same_numbers(suite, here, ndif):
    values = {}
    for step in STEPS:
        with suite.open(step) as remote, here.open(step) as local:
            values[step] = last_residual(remote)
            torch.testing.assert_close(values[step], last_residual(local))
    assert not torch.allclose(values[0], values[512])
    asked = ndif.seen()
    assert [job["revision"] for job in asked["jobs"]] == ["step0", "step512", "main"]
    assert asked["asked"] == {"/subscribe": 3, "/request": 3}
    assert {job["env"]["attn_implementation"] for job in asked["jobs"]} == {"eager"}


def test_no_weights_are_downloaded_for_a_remote_trace(hub, ndif, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with RemoteSuite(PYTHIA).open(512) as model:
        last_residual(model)
        assert all(parameter.is_meta for parameter in model._module.parameters())
    assert not list(tmp_path.rglob("*.safetensors"))
    assert list(tmp_path.rglob("config.json"))


def scaled(tensor, by):
    return tensor * by


def several_things(model, tokenizer_text):
    """Text, several inputs in one pass, a change, a function of this file, a saved list."""
    factor = 3
    with model.trace() as tracer:
        with tracer.invoke(tokenizer_text):
            clean = model.output.logits[:, -1].save()
        with tracer.invoke(tokenizer_text):
            model.gpt_neox.layers[0].output[:] = scaled(model.gpt_neox.layers[0].output, factor)
            changed = model.output.logits[:, -1].save()
    with model.trace(TOKENS):
        norms = nnsight.save([layer.output.norm().item() for layer in model.gpt_neox.layers])
    return clean, changed, torch.tensor(norms)


def a_session(model):
    with model.session():
        with model.trace(TOKENS):
            stream = model.gpt_neox.layers[0].output
        with model.trace(TOKENS.flip(0)):
            model.gpt_neox.layers[0].output = stream
            patched = model.output.logits.save()
    return patched


def generated(model):
    with model.generate(TOKENS[:1], max_new_tokens=3, do_sample=False) as tracer:
        ids = tracer.result.save()
    return ids


def edited(model):
    with model.edit() as (_, without):
        without.gpt_neox.layers[1].output[:] = 0
    with without.trace(TOKENS):
        logits = without.output.logits.save()
    return logits


def through_the_kit(model):
    read = read_activations(model, TOKENS, ["pattern", "z", "neurons", "resid_post", "logits"])
    return tuple(read.values())


@pytest.mark.parametrize(
    "function",
    [lambda model: several_things(model, "w1 w2 w3"), a_session, generated, edited, through_the_kit],
    ids=["invokes", "session", "generate", "edit", "activations"],
)
def test_whatever_is_traced_gives_the_same(function, suite, here):
    with suite.open(512) as remote, here.open(512) as local:
        torch.testing.assert_close(function(remote), function(local))


def test_heads_are_taken_out_there_as_here(suite, here):
    with suite.open(512) as remote, here.open(512) as local:
        parts = all_heads(remote)
        for way in ("zero", "mean", "resample"):
            without = ablate_each(remote, TOKENS, parts, way, positions=-1)
            torch.testing.assert_close(without, ablate_each(local, TOKENS, parts, way, positions=-1))
        assert without.shape[:2] == (4, 2) and not torch.allclose(without[0], without[1])


def test_a_step_is_not_mixed_up_with_another_by_patterns(suite):
    with suite.open(0) as first, suite.open(512) as second:
        one, other = through_the_kit(first)[0], through_the_kit(second)[0]
    torch.testing.assert_close(one.sum(dim=-1), torch.ones(one.shape[:-1]))
    assert not torch.allclose(one, other)


def test_results_can_come_by_an_address_and_be_asked_for_later(suite, here, ndif):
    ndif.set(by_url=True)
    with suite.open(0) as remote, here.open(0) as local:
        expected = last_residual(local)
        torch.testing.assert_close(last_residual(remote), expected)
        with remote.trace(TOKENS, blocking=False) as tracer:
            stream = remote.gpt_neox.layers[-1].output.save()  # noqa: F841 - read by its name below
        until = time.monotonic() + 20
        while (values := tracer.backend()) is None and time.monotonic() < until:
            time.sleep(0.02)
    torch.testing.assert_close(values["stream"], expected)


def run_script(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def toy_run(tmp_path):
    config = ModularAdditionConfig(
        modulus=7, d_model=8, n_heads=2, d_mlp=16, steps=4, checkpoint_every=1, measure_every=1
    )
    return train(config, progress=False).save(tmp_path / "run")


def test_the_script_runs_on_what_ships_and_on_a_run_directory(toy_run, monkeypatch, capsys):
    for source in ("pun-world", toy_run):
        told = [line.split() for line in run_script(monkeypatch, capsys, source)]
        assert len(told) == 3 and told[0][0] == "0"
        assert all(float(entropy) > 0 for _, entropy in told)


def test_the_same_script_runs_on_a_hub_and_on_ndif(ndif, monkeypatch, capsys):
    local = run_script(monkeypatch, capsys, PYTHIA)
    remote = [line for line in run_script(monkeypatch, capsys, PYTHIA, "remote") if line[:1].isdigit()]
    assert remote == local and len(set(local)) == 3
    assert len(ndif.seen()["jobs"]) == 3
    code = [line for line in SCRIPT.read_text().splitlines()[1:] if line.strip()]
    assert len(code) <= 15


# --- what the service is asked for, and what it has ----------------------------------------------------------------------


def test_the_last_step_is_asked_for_as_main_only_where_main_holds_it(suite, ndif):
    assert suite.service_revision(1000) is None and suite.service_revision(512) == "step512"
    assert RemoteSuite(OTHER_END).service_revision(1000) == "step1000"
    assert RemoteSuite(NO_END).service_revision(0) == "step0"
    with pytest.raises(KeyError, match="nearest"):
        suite.service_revision(513)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["HOT", "RUNNING"], "hosted"),
        (["HOT", "DEPLOYING"], "needs hot-swapping"),
        (["WARM", "RUNNING"], "needs hot-swapping"),
        (["COLD", ""], "needs hot-swapping"),
        (["HOT", "UNHEALTHY"], "not hosted"),
        (["", ""], "not hosted"),
    ],
)
def test_availability_of_a_step(told, expected, suite, ndif):
    ndif.set(levels={"main": ["HOT", "RUNNING"], "step512": told})
    table = suite.availability()
    assert list(table.index) == STEPS and table.index.name == "step"
    assert table["availability"].to_dict() == {0: "not hosted", 512: expected, 1000: "hosted"}
    assert table.loc[1000, "revision"] == "main" and table.loc[1000, "told"] == "HOT, RUNNING"


def test_the_best_replica_counts_and_another_task_or_repository_does_not(suite, monkeypatch):
    def one(level, state, **more):
        return {"repo_id": PYTHIA, "revision": "step0", "deployment_level": level, "application_state": state} | more

    replicas = {
        "a": one("HOT", "UNHEALTHY"),
        "b": one("WARM", "RUNNING"),
        "c": one("HOT", "RUNNING", task="text-classification"),
        "d": one("HOT", "RUNNING", repo_id=OTHER_END),
    }
    monkeypatch.setattr(remote_suites, "_status", lambda host, key: replicas)
    assert suite.availability().loc[0, "availability"] == "needs hot-swapping"
    replicas["e"] = one("HOT", "RUNNING", repo_id=PYTHIA.lower())
    assert suite.availability().loc[0, "availability"] == "hosted"


def test_availability_waits_for_a_service_that_comes_back_and_tells_of_one_that_does_not(suite, ndif):
    ndif.set(faults={"status_503": 2}, levels={"step0": ["HOT", "RUNNING"]})
    assert suite.availability().loc[0, "availability"] == "hosted"
    assert ndif.seen()["asked"]["/status"] == 3
    ndif.set(faults={"status_503": -1})
    with pytest.raises(ServiceDownError, match="503"):
        suite.availability()
    ndif.set(faults={"page": -1})
    with pytest.raises(ServiceDownError, match="502"):
        suite.availability()


def test_availability_of_what_is_no_ndif(suite, hub, monkeypatch):
    monkeypatch.setenv("NDIF_HOST", hub.address)
    with pytest.raises(RequestRefusedError, match="404.*NDIF_HOST"):
        suite.availability()


@pytest.mark.parametrize("answer", [{}, {"deployments": [1]}, {"deployments": {"a": 3}}, []])
def test_a_status_in_another_form_is_told(answer, suite, monkeypatch):
    def get(url, **_):
        return httpx.Response(200, json=answer, request=httpx.Request("GET", url))

    monkeypatch.setattr(remote_suites.httpx, "get", get)
    with pytest.raises(UnexpectedAnswerError, match="nnsight"):
        suite.availability()


# --- faults --------------------------------------------------------------------------------------------------------------


def fault_of(suite, step=512):
    """What a trace raises, as a student sees it."""
    with suite.open(step) as model, pytest.raises(RemoteSuiteError) as caught:
        last_residual(model)
    message = str(caught.value)
    assert message.startswith(f"{PYTHIA}, step {step}: ")
    assert "expected" in message and "\n" not in message
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        ({"keys": ["right"]}, NoKeyError, ["NDIF_API_KEY", "login.ndif.us", "401"]),
        ({"oldest_nnsight": "99.1"}, VersionRefusedError, ["99.1", nnsight.__version__, "install"]),
        ({"faults": {"request_413": -1}}, RequestRefusedError, ["413"]),
        ({"levels": {"main": ["HOT", "RUNNING"]}}, NotHostedError, ["availability()", "load_suite"]),
        ({"levels": {"step512": ["COLD", ""]}, "swaps": False}, NotHostedError, ["availability()"]),
        ({"failing": ["step512"]}, FailedJobError, ["CUDA out of memory", "error.report"]),
        ({"faults": {"broken_result": -1}}, UnexpectedAnswerError, ["NDIF_HOST"]),
        ({"faults": {"wrong_result": -1}}, UnexpectedAnswerError, ["list"]),
        ({"faults": {"no_json": -1}}, UnexpectedAnswerError, ["NDIF_HOST"]),
    ],
)
def test_a_lasting_fault_is_told_at_once(behaviour, kind, words, suite, ndif):
    ndif.set(**behaviour)
    fault = fault_of(suite)
    assert type(fault) is kind and not fault.transient
    assert all(word in str(fault) for word in words)
    assert ndif.seen()["asked"].get("/request") == 1


def test_a_key_that_is_refused_is_told_and_not_shown(suite, ndif, monkeypatch):
    ndif.set(keys=["right"])
    monkeypatch.setenv("NDIF_API_KEY", "wrong-and-secret")
    fault = fault_of(suite)
    assert type(fault) is KeyRefusedError and "403" in str(fault)
    assert "wrong-and-secret" not in str(fault) + repr(fault.__cause__)
    monkeypatch.setenv("NDIF_API_KEY", "right")  # set in a later cell of the notebook
    with suite.open(512) as model:
        assert last_residual(model).shape == (2, 4, 16)


@pytest.mark.parametrize(("secret", "expected"), [("mine", "mine"), (None, None), ("", None)])
def test_a_secret_of_colab_is_the_key(secret, expected, monkeypatch):
    class NotThereError(Exception):
        pass

    def get(name):
        if secret is None or name != "NDIF_API_KEY":
            raise NotThereError(name)
        return secret

    userdata = SimpleNamespace(get=get, SecretNotFoundError=NotThereError, NotebookAccessError=PermissionError)
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(userdata=userdata))
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    monkeypatch.setattr(nnsight.CONFIG.API, "APIKEY", None)
    assert remote_suites.service()[1] == expected
    monkeypatch.setenv("NDIF_API_KEY", "first")
    assert remote_suites.service()[1] == "first"


@pytest.mark.parametrize(
    ("fault", "path", "behaviour"),
    [
        ("request_503", "/request", {}),
        ("request_500", "/request", {}),
        ("subscribe_500", "/subscribe", {}),
        ("subscribe_breaks", "/subscribe", {}),
        ("breaks_off", "/request", {}),
        ("closes", "/request", {}),
        ("preempted", "/request", {}),
        ("download_503", "/request", {"by_url": True}),
    ],
)
def test_a_fault_that_passes_is_asked_again(fault, path, behaviour, suite, here, ndif):
    ndif.set(faults={fault: 2}, **behaviour)
    with suite.open(512) as remote, here.open(512) as local:
        torch.testing.assert_close(last_residual(remote), last_residual(local))
    assert ndif.seen()["asked"][path] == 3


@pytest.mark.parametrize("fault", ["request_503", "subscribe_500", "breaks_off", "closes", "preempted"])
def test_a_fault_that_does_not_pass_is_told_after_all_attempts(fault, suite, ndif):
    ndif.set(faults={fault: -1})
    error = fault_of(suite)
    assert type(error) is (PreemptedJobError if fault == "preempted" else ServiceDownError)
    assert "asked 4 times" in str(error) and error.__cause__ is not None
    assert ndif.seen()["asked"]["/subscribe"] == 4


def test_pauses_double_and_are_told(ndif, monkeypatch, caplog):
    pauses = []
    monkeypatch.setattr(remote_suites.time, "sleep", pauses.append)
    ndif.set(faults={"request_503": -1})
    fault_of(RemoteSuite(PYTHIA, attempts=5, pause=0.5))
    assert pauses == [0.5, 1, 2, 4]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 4 and all("answered 503" in line for line in told)
    assert "attempt 1 of 5, the next in 0.5 s" in told[0]


def test_nothing_listens(suite, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NDIF_HOST", f"http://127.0.0.1:{free.getsockname()[1]}")
    fault = fault_of(suite)
    assert type(fault) is ServiceDownError and "refused" in str(fault) and "asked 4 times" in str(fault)
    with pytest.raises(ServiceDownError, match="cannot be reached"):
        suite.availability()


def test_a_service_that_accepts_and_says_nothing(ndif, monkeypatch):
    monkeypatch.setattr(remote_suites, "_SILENCE", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("NDIF_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        fault = fault_of(RemoteSuite(PYTHIA, attempts=2, pause=0.001))
    assert type(fault) is ServiceDownError and "timed out" in str(fault)
    assert websocket.getdefaulttimeout() is None


def test_a_job_that_takes_longer_than_the_greeting_may(suite, here, ndif, monkeypatch):
    monkeypatch.setattr(remote_suites, "_SILENCE", 0.05)
    monkeypatch.setattr(nnsight.CONFIG.APP, "REMOTE_LOGGING", False)  # with it nnsight sets its own short limit
    ndif.set(pause=0.4)
    with suite.open(0) as remote, here.open(0) as local:
        torch.testing.assert_close(last_residual(remote), last_residual(local))


def test_an_address_that_is_no_ndif(suite, hub, monkeypatch):
    monkeypatch.setenv("NDIF_HOST", hub.address)
    assert type(fault_of(suite)) is RequestRefusedError
    monkeypatch.setenv("NDIF_HOST", "api.ndif.us")
    with suite.open(0) as model, pytest.raises(ValueError, match="https://"):
        last_residual(model)


@pytest.mark.slow  # another service has to start
def test_a_service_that_dies_in_the_middle(hub, tmp_path, monkeypatch):
    with serving_ndif(hub.address, tmp_path) as ndif:
        monkeypatch.setenv("NDIF_HOST", ndif.address)
        suite = RemoteSuite(PYTHIA, attempts=2, pause=0.001)
        with suite.open(0) as model:
            last_residual(model)
        ndif.stop()
        assert type(fault_of(suite)) is ServiceDownError


def test_a_proxy_in_front_of_a_dead_service(suite, ndif):
    ndif.set(faults={"page": -1})
    fault = fault_of(suite)
    assert type(fault) is ServiceDownError and "<html" not in str(fault)


def wrong(model):
    with model.trace(TOKENS):
        stream = model.gpt_neox.layers[0].output
        bad = (stream @ torch.zeros(3, 3)).save()
    return bad


def test_an_error_in_the_block_comes_back_with_its_line(suite, ndif):
    with suite.open(512) as model, pytest.raises(FailedJobError, match="mat1 and mat2") as caught:
        wrong(model)
    assert "stream @ torch.zeros(3, 3)" in caught.value.report
    assert ndif.seen()["asked"]["/request"] == 1


def test_a_step_that_fails_loses_no_other(suite, ndif):
    ndif.set(failing=["step512"], faults={"breaks_off": 1})
    table = sweep(suite, {"norm": residual_norm}, progress=False)
    assert table["norm"].notna().to_dict() == {0: True, 512: False, 1000: True}
    assert list(table.attrs["errors"]) == [(512, "norm")]
    assert table.attrs["errors"][512, "norm"].startswith("FailedJobError: ")


def test_a_sweep_gives_the_same_and_keeps_what_it_has(suite, here, ndif, tmp_path):
    remote = sweep(suite, {"norm": residual_norm}, cache_dir=tmp_path, progress=False)
    pd.testing.assert_frame_equal(remote, sweep(here, {"norm": residual_norm}, cache_dir=tmp_path, progress=False))
    ndif.set(keys=["right"])
    assert sweep(suite, {"norm": residual_norm}, cache_dir=tmp_path, progress=False).equals(remote)
    assert not ndif.seen()["jobs"]


def test_the_suite_goes_on_after_a_failed_trace_of_the_same_model(suite, here):
    with suite.open(512) as model, here.open(512) as local:
        with pytest.raises(FailedJobError):
            wrong(model)
        torch.testing.assert_close(last_residual(model), last_residual(local))


def test_what_cannot_be_sent_is_told_before_it_is_sent(suite, ndif):
    handle = socket.socket()

    def with_a_socket(model):
        with model.trace(TOKENS):
            pair = nnsight.save([model.gpt_neox.layers[0].output, handle.family])
        return pair

    with handle, suite.open(0) as model, pytest.raises(NotSentError, match="cannot be sent.*expected tensors"):
        with_a_socket(model)
    assert "/request" not in ndif.seen()["asked"]


def test_what_is_asked_outside_a_trace_is_an_error_and_never_a_number(suite):
    with suite.open(0) as model:
        with pytest.raises(RemoteSuiteError, match="inside `with model.trace"):
            model.generate(TOKENS, max_new_tokens=1)
        with pytest.raises(RemoteSuiteError, match="load_suite without remote=True"), model.trace(TOKENS, remote=False):
            stream = model.gpt_neox.layers[0].output.save()  # noqa: F841 - never reached
        with pytest.raises(RemoteSuiteError, match="load_suite without remote=True"):
            model.trace(TOKENS, remote="local")
        with pytest.raises((NotImplementedError, RuntimeError)):
            float(model.gpt_neox.embed_in.weight.sum())
        with pytest.raises((NotImplementedError, RuntimeError, ValueError)):
            unembed(model, torch.ones(1, 16)).sum().item()


def test_a_hub_that_is_down_is_told_as_a_hub(hub, suite, monkeypatch):
    from nnsight.modeling import huggingface

    with suite.open(0) as model:
        monkeypatch.setattr(huggingface, "_ID_CACHE", {})
        monkeypatch.setattr(hub, "answer_with", 503)
        with pytest.raises(HubError, match="503"):
            last_residual(model)


def test_a_suite_that_does_not_exist(ndif):
    with pytest.raises(HubError, match="is not on the hub"):
        load_suite("EleutherAI/pythia-9000b", remote=True)
    with pytest.raises(FileNotFoundError, match="OWNER/NAME"):
        load_suite("no-such-suite", remote=True)
    with pytest.raises(ValueError, match="attempts=0"):
        RemoteSuite(PYTHIA, attempts=0)


@pytest.mark.parametrize(
    ("source", "options"),
    [("pun-world", {}), (".", {}), (PYTHIA, {"dtype": "float32"}), (PYTHIA, {"device": "cuda"}), (PYTHIA, {"seed": 1})],
)
def test_what_does_not_go_with_remote(source, options, hub):
    with pytest.raises(ValueError, match="remote=True|seeds are repositories"):
        load_suite(source, remote=True, **options)


def test_suites_and_faults_travel_to_other_processes(suite, here, ndif):
    suite.tokenizer  # noqa: B018 - read, so that it travels too
    other = pickle.loads(pickle.dumps(suite))
    with other.open(0) as remote, here.open(0) as local:
        torch.testing.assert_close(last_residual(remote), last_residual(local))
    ndif.set(failing=["step512"])
    fault = fault_of(suite)
    copy = pickle.loads(pickle.dumps(fault))
    assert type(copy) is FailedJobError and str(copy) == str(fault) and copy.report == fault.report


def test_the_kit_is_pickled_by_its_source_only_while_a_block_is_sent(suite):
    with suite.open(0) as model:
        through_the_kit(model)
    assert "course_utils" not in cloudpickle.list_registry_pickle_by_value()
    assert cloudpickle.loads(cloudpickle.dumps(read_activations)) is read_activations


@pytest.mark.parametrize(
    ("status", "detail", "has_key", "kind"),
    [
        (401, "Missing or invalid API key.", True, KeyRefusedError),
        (403, "Invalid API key.", False, NoKeyError),
        (400, "Client python version 3.9 does not match server version: 3.12.", True, VersionRefusedError),
        (400, "malformed", True, RequestRefusedError),
        (404, "", True, RequestRefusedError),
        (408, "", True, ServiceDownError),
        (429, "Too many requests", True, ServiceDownError),
        (503, "key database down", True, ServiceDownError),
    ],
)
def test_each_status_is_told_by_what_it_means(status, detail, has_key, kind):
    request = httpx.Request("POST", "http://y/request")
    answer = httpx.Response(status, json={"detail": detail}, request=request)
    error = RemoteError("Failed to send request")
    error.__cause__ = httpx.HTTPStatusError("refused", request=request, response=answer)
    fault = read_fault(error, Place("x", "http://y", has_key))
    assert type(fault) is kind and str(status) in str(fault) and detail in str(fault)
    assert fault.transient is (kind is ServiceDownError)


@pytest.mark.parametrize(
    ("report", "kind", "said"),
    [
        ("", FailedJobError, "no reason given"),
        ("Traceback ...\n  File x\nKeyError: 'layers'\n\n'layers'", FailedJobError, "KeyError: 'layers'"),
        ("Your job was cancelled or preempted by the server.", PreemptedJobError, "preempted"),
        ("Model is not dedicated and hotswapping is not supported for this API key.", NotHostedError, "not dedicated"),
    ],
)
def test_a_report_is_told_by_its_error(report, kind, said):
    fault = read_fault(RemoteError(report), Place("x", "http://y", True))
    assert type(fault) is kind and said in str(fault)
    assert fault.report == report


def test_faults_of_another_origin_are_left_as_they_are():
    place = Place("x", "http://y", True)
    assert read_fault(NameError("a mistake of ours"), place) is None
    known = NotSentError("said")
    assert read_fault(known, place) is known


def test_verify_looks_at_the_published_files(suite):
    findings = suite.verify(progress=False)
    assert "unreadable" not in set(findings["finding"])
