"""Interventions: against plain torch hooks, against what must hold by construction, and batched against one by one."""

import pytest
import torch

from course_utils.inside.activations import logits, patterns, read_activations, unembed
from course_utils.inside.architectures import architecture
from course_utils.inside.components import Component, all_heads, attention, head, mlp, neurons, residual, whole_layer
from course_utils.inside.interventions import ablate, ablate_each, patch, patch_each, path_patch, run_edited
from tests.inside.test_activations import (
    BATCH,
    HEADS,
    KINDS,
    LENGTH,
    WIDTH,
    WORDS,
    attention_only,
    modular_addition,
    transformers_model,
)

MODELS = [*KINDS, "attention_only", "modular_addition"]


def model_and_tokens(kind, seed=1):
    generator = torch.Generator().manual_seed(seed)
    if kind == "modular_addition":
        return modular_addition(), torch.cat(
            [torch.randint(11, (BATCH, 2), generator=generator), torch.full((BATCH, 1), 11)], 1
        )
    tokens = torch.randint(2, len(WORDS), (BATCH, LENGTH), generator=generator)
    return (attention_only() if kind == "attention_only" else transformers_model(kind)), tokens


def with_hook(model, path, change, tokens):
    """Logits with one module's input changed by a plain torch hook."""
    module = model._module.get_submodule(path)
    handle = module.register_forward_pre_hook(lambda _module, args: (change(args[0].clone()),))
    try:
        with torch.no_grad():
            return model._module(tokens).logits
    finally:
        handle.remove()


@pytest.mark.parametrize(
    "kind,path", [("gpt_neox", "gpt_neox.layers.1.attention.dense"), ("olmo2", "model.layers.1.self_attn.o_proj")]
)
def test_a_head_set_to_zero_or_its_mean_is_what_a_torch_hook_gives(kind, path):
    model, tokens = model_and_tokens(kind)
    part = slice(WIDTH // HEADS, WIDTH)  # head 1 of 2

    def zero(merged):
        merged[..., part] = 0
        return merged

    def mean(merged):
        merged[..., part] = merged[..., part].mean(dim=(0, 1))
        return merged

    torch.testing.assert_close(ablate(model, tokens, head(1, 1), "zero"), with_hook(model, path, zero, tokens))
    torch.testing.assert_close(ablate(model, tokens, head(1, 1), "mean"), with_hook(model, path, mean, tokens))
    torch.testing.assert_close(ablate(model, tokens, head(1, -1), "zero"), with_hook(model, path, zero, tokens))


def test_neurons_at_some_positions_are_what_a_torch_hook_gives():
    model, tokens = model_and_tokens("gpt_neox")

    def change(hidden):
        for position in (2, 5):
            hidden[:, position, [3, 7]] = hidden[:, position, [3, 7]].mean(dim=0)
        return hidden

    got = ablate(model, tokens, neurons(0, [3, 7], positions=[2, 5]), "mean", per_position=True)
    torch.testing.assert_close(got, with_hook(model, "gpt_neox.layers.0.mlp.dense_4h_to_h", change, tokens))


@pytest.mark.parametrize("kind", MODELS)
def test_without_any_layer_the_embedding_is_unembedded(kind):
    model, tokens = model_and_tokens(kind)
    everything = [part for layer in range(architecture(model).n_layers) for part in whole_layer(model, layer)]
    embedded = read_activations(model, tokens, "resid_pre")["resid_pre"][0]
    expected = unembed(model, embedded)[:, -1]
    torch.testing.assert_close(ablate(model, tokens, everything, "zero")[:, -1], expected)


@pytest.mark.parametrize("how", ["zero", "mean", "resample"])
@pytest.mark.parametrize("kind", MODELS)
def test_many_at_a_time_give_what_each_gives_alone(kind, how):
    model, tokens = model_and_tokens(kind)
    groups = [*all_heads(model), whole_layer(model, architecture(model).n_layers - 1)]
    together = ablate_each(model, tokens, groups, how)
    parts = ablate_each(model, tokens, groups, how, batch_size=2)
    torch.testing.assert_close(parts, together)
    for group, expected in zip(groups, together, strict=True):
        torch.testing.assert_close(ablate(model, tokens, group, how), expected)
        assert not torch.allclose(expected, logits(model, tokens), atol=1e-6)


@pytest.mark.parametrize("kind", ["gpt_neox", "olmo2", "attention_only"])
def test_groups_over_several_layers_and_places_give_what_each_gives_alone(kind):
    model, tokens = model_and_tokens(kind)
    groups = [
        [head(0, 0), head(1, 1)],
        [head(0, 1), attention(1)],
        [head(0, 0, positions=[1, 3])],
        [head(1, 0), residual(0)],
    ]
    together = ablate_each(model, tokens, groups, "mean", positions=-1)
    for group, expected in zip(groups, together, strict=True):
        torch.testing.assert_close(ablate(model, tokens, group, "mean", positions=-1), expected)


@pytest.mark.parametrize("kind", MODELS)
def test_patching_all_of_the_stream_gives_the_source_and_patching_oneself_nothing(kind):
    model, tokens = model_and_tokens(kind)
    source = model_and_tokens(kind, seed=2)[1]
    arch = architecture(model)
    groups = [[Component("resid_pre", 0)], *([residual(layer)] for layer in range(arch.n_layers))]
    for patched in patch_each(model, tokens, source, groups):
        torch.testing.assert_close(patched, logits(model, source))
    for place in arch.places:
        if place not in ("head_out", *arch.read_only):
            torch.testing.assert_close(patch(model, tokens, tokens, Component(place, 0)), logits(model, tokens))


def test_patching_a_position_changes_nothing_before_it():
    model, tokens = model_and_tokens("olmo2")
    source = model_and_tokens("olmo2", seed=2)[1]
    patched, clean = patch(model, tokens, source, residual(0, positions=4)), logits(model, tokens)
    torch.testing.assert_close(patched[:, :4], clean[:, :4])
    assert ((patched - clean)[:, 4:].abs().amax(dim=(0, 2)) > 1e-6).all()
    torch.testing.assert_close(patch(model, tokens, source, residual(0, positions=4), positions=-1), patched[:, -1])


@pytest.mark.parametrize("kind", ["gpt_neox", "olmo2", "olmo2 shared keys", "attention_only"])
def test_a_pattern_can_be_set(kind):
    model, tokens = model_and_tokens(kind)
    source = model_and_tokens(kind, seed=2)[1]
    got = patch(model, tokens, source, Component("pattern", 1, index=(1,)))
    values = read_activations(model, tokens, "v")["v"][1]
    values = values.repeat_interleave(HEADS // values.shape[2], dim=2)
    z = torch.einsum("bhqk,bkhe->bqhe", patterns(model, source)[1], values)
    torch.testing.assert_close(got, run_edited(model, tokens, [[head(1, 1).edit(z)]])[0])
    torch.testing.assert_close(
        ablate(model, tokens, Component("pattern", 1, index=(0,)), "zero"), ablate(model, tokens, head(1, 0), "zero")
    )
    assert not torch.allclose(got, logits(model, tokens), atol=1e-6)


def test_values_and_pattern_of_the_source_make_its_z():
    for kind in ("gpt_neox", "olmo2"):
        model, tokens = model_and_tokens(kind)
        source = model_and_tokens(kind, seed=2)[1]
        both = patch(model, tokens, source, [Component("q", 1), Component("k", 1), Component("v", 1)])
        torch.testing.assert_close(both, patch(model, tokens, source, head(1, range(HEADS))))


def test_the_mean_looks_at_the_reference_and_not_at_padding():
    model, tokens = model_and_tokens("gpt_neox")
    short = torch.cat([tokens, torch.zeros(BATCH, 3, dtype=torch.long)], dim=1)
    mask = (torch.arange(LENGTH + 3) < LENGTH).long().expand(BATCH, -1)
    expected = ablate(model, tokens, head(0, 0), "mean")
    torch.testing.assert_close(
        ablate(model, tokens, head(0, 0), "mean", reference=short, reference_mask=mask), expected
    )
    assert not torch.allclose(ablate(model, tokens, head(0, 0), "mean", reference=short), expected, atol=1e-7)


def test_resampling_gives_each_text_the_value_of_another():
    model, tokens = model_and_tokens("gpt_neox")
    everything = Component("resid_post", 1)
    clean = logits(model, tokens)
    for seed in range(5):
        drawn = ablate(model, tokens, everything, "resample", seed=seed)
        from_row = [int((clean - row).abs().amax(dim=(1, 2)).argmin()) for row in drawn]
        assert sorted(from_row) == list(range(BATCH))
        assert all(row != n for n, row in enumerate(from_row))
        assert torch.equal(drawn, ablate(model, tokens, everything, "resample", seed=seed))
    one = ablate(model, tokens, everything, "resample", reference=tokens[:1])
    torch.testing.assert_close(one, clean[:1].expand_as(clean))


@pytest.mark.parametrize("kind", ["gpt_neox", "attention_only", "modular_addition"])
def test_the_direct_effect_of_a_head_is_its_output_exchanged_in_the_last_stream(kind):
    model, tokens = model_and_tokens(kind)
    source = model_and_tokens(kind, seed=2)[1]
    last = architecture(model).n_layers - 1
    clean, changed = (read_activations(model, text, ["head_out", "resid_post"]) for text in (tokens, source))
    exchanged = clean["resid_post"][last] + (changed["head_out"] - clean["head_out"])[0, :, :, 1]
    torch.testing.assert_close(path_patch(model, tokens, source, head(0, 1)), unembed(model, exchanged))


def test_paths_through_every_way_together_are_the_source():
    for kind in ("gpt_neox", "olmo2", "attention_only"):
        model, tokens = model_and_tokens(kind)
        source = model_and_tokens(kind, seed=2)[1]
        everything = [Component("resid_pre", 0), *(part for layer in (0, 1) for part in whole_layer(model, layer))]
        torch.testing.assert_close(path_patch(model, tokens, source, everything), logits(model, source))


def test_into_a_later_head_only_what_the_sender_wrote_goes():
    model, tokens = model_and_tokens("attention_only")
    source = model_and_tokens("attention_only", seed=2)[1]
    got = path_patch(model, tokens, source, head(0, 1), head(1, 0))
    clean, changed = (read_activations(model, text, ["head_out", "resid_pre"]) for text in (tokens, source))
    stream = clean["resid_pre"][1] + (changed["head_out"] - clean["head_out"])[0, :, :, 1]
    arrived = z_from(model, stream)
    torch.testing.assert_close(got, run_edited(model, tokens, [[head(1, 0).edit(arrived)]])[0])
    direct = path_patch(model, tokens, source, head(0, 1))
    assert not torch.allclose(got, direct, atol=1e-6)


def z_from(model, stream):
    """What layer 1 of the attention-only model mixes from a residual stream."""
    block = model._module.blocks[1]
    kept = {}
    handle = block.attn.hook_z.register_forward_hook(lambda _m, _a, output: kept.update(z=output))
    with torch.no_grad():
        block(stream)
    handle.remove()
    return kept["z"]


def test_a_path_into_a_layer_is_the_path_into_all_its_heads():
    model, tokens = model_and_tokens("gpt_neox")
    source = model_and_tokens("gpt_neox", seed=2)[1]
    into_layer = path_patch(model, tokens, source, mlp(0), attention(1))
    torch.testing.assert_close(into_layer, path_patch(model, tokens, source, mlp(0), head(1, range(HEADS))))
    qkv = [Component(place, 1) for place in "qkv"]
    torch.testing.assert_close(into_layer, path_patch(model, tokens, source, mlp(0), qkv))
    torch.testing.assert_close(into_layer, path_patch(model, tokens, source, mlp(0), attention(1), batch_size=2))
    only_keys = path_patch(model, tokens, source, mlp(0), Component("k", 1))
    assert not torch.allclose(only_keys, into_layer, atol=1e-6)
    assert not torch.allclose(only_keys, logits(model, tokens), atol=1e-7)


def test_what_is_wrong_is_told():
    model, tokens = model_and_tokens("gpt_neox")
    with pytest.raises(ValueError, match="got how='noise'; expected one of zero, mean, resample"):
        ablate(model, tokens, head(0, 0), "noise")
    with pytest.raises(IndexError, match="got head 2; expected 0 to 1"):
        ablate(model, tokens, head(0, 2))
    with pytest.raises(IndexError, match="got neuron 32; expected 0 to 31"):
        ablate(model, tokens, neurons(0, 32))
    with pytest.raises(IndexError, match="got position 7"):
        ablate(model, tokens, head(0, 0, positions=7))
    with pytest.raises(IndexError, match="got layer 2"):
        ablate(model, tokens, mlp(2))
    with pytest.raises(ValueError, match="got no component"):
        ablate(model, tokens, [])
    with pytest.raises(TypeError, match="got a int as a component"):
        ablate(model, tokens, [3])
    with pytest.raises(ValueError, match="head_out cannot be set here, only read; set z"):
        ablate(model, tokens, Component("head_out", 0))
    with pytest.raises(ValueError, match="one text and no reference"):
        ablate(model, tokens[:1], head(0, 0), "resample")
    with pytest.raises(ValueError, match="a reference of 6 positions; expected 7"):
        ablate(model, tokens, head(0, 0), "resample", reference=tokens[:, 1:])
    with pytest.raises(ValueError, match="per_position=True"):
        ablate(model, tokens, Component("pattern", 0), "mean")
    with pytest.raises(ValueError, match="expected the same"):
        patch(model, tokens, tokens[:, 1:], head(0, 0))
    with pytest.raises(ValueError, match="did you swap them"):
        path_patch(model, tokens, tokens, head(1, 0), head(0, 0))
    with pytest.raises(ValueError, match="place 'mlp_out'"):
        ablate(attention_only(), tokens, mlp(0))
