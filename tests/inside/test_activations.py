"""Activations are what the model computes: against hand computation, against transformers' own outputs, on every model."""

import nnsight
import pytest
import torch
from torch import nn
from transformers import Olmo3Config, Olmo3ForCausalLM, OlmoConfig, OlmoForCausalLM

from course_utils.attention_only.model import AttentionOnlyTransformer
from course_utils.inside.activations import logits, patterns, read_activations, residual_stream, unembed
from course_utils.inside.architectures import PLACES, architecture
from course_utils.modular_addition.model import ModularAdditionTransformer
from tests.helpers.tiny_models import SIZES, WORDS, tiny_neox, tiny_olmo2, tiny_tokenizer

BATCH, LENGTH, HEADS, WIDTH = 5, 7, 2, 16


def _olmo(kind, config, **more):
    torch.manual_seed(0)
    return kind(config(vocab_size=len(WORDS), max_position_embeddings=32, pad_token_id=0, **SIZES, **more)).eval()


def transformers_model(kind: str, attention: str = "sdpa"):
    made = {
        "gpt_neox": lambda: tiny_neox(attention=attention),
        "olmo2": lambda: tiny_olmo2(attention=attention),
        "olmo": lambda: _olmo(OlmoForCausalLM, OlmoConfig, attn_implementation=attention),
        "olmo3": lambda: _olmo(
            Olmo3ForCausalLM, Olmo3Config, attn_implementation=attention, bos_token_id=0, eos_token_id=0
        ),
        "olmo2 shared keys": lambda: shared_keys(attention),
    }[kind]()
    return nnsight.TransformersModel(made, tokenizer=tiny_tokenizer())


def shared_keys(attention):
    from transformers import Olmo2Config, Olmo2ForCausalLM

    return _olmo(Olmo2ForCausalLM, Olmo2Config, num_key_value_heads=1, attn_implementation=attention)


def attention_only():
    model = AttentionOnlyTransformer(len(WORDS), 16, WIDTH, HEADS, 2).initialise_(torch.Generator().manual_seed(0))
    return nnsight.NNsight(model.eval())


def modular_addition():
    model = ModularAdditionTransformer(11, WIDTH, HEADS, 32).initialise_(torch.Generator().manual_seed(0))
    return nnsight.NNsight(model.eval())


KINDS = ["gpt_neox", "olmo2", "olmo", "olmo3", "olmo2 shared keys"]


@pytest.fixture
def tokens():
    return torch.randint(2, len(WORDS), (BATCH, LENGTH), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
def test_places_agree_with_what_transformers_hands_out(kind, tokens):
    model = transformers_model(kind, "eager")
    places = [place for place in PLACES if place not in ("k", "v")]
    read = read_activations(model, tokens, places)
    with torch.no_grad():
        own = model._module(tokens, output_hidden_states=True, output_attentions=True)
    torch.testing.assert_close(read["logits"], own.logits)
    torch.testing.assert_close(read["pattern"], torch.stack(own.attentions))
    torch.testing.assert_close(read["resid_pre"], torch.stack(own.hidden_states[:-1]))
    torch.testing.assert_close(read["resid_post"][:-1], torch.stack(own.hidden_states[1:-1]))
    torch.testing.assert_close(unembed(model, read["resid_post"][-1]), own.logits)
    torch.testing.assert_close(read["resid_pre"] + read["attn_out"] + read["mlp_out"], read["resid_post"])
    assert read["z"].shape == (2, BATCH, LENGTH, HEADS, WIDTH // HEADS)
    assert read["q"].shape == read["z"].shape
    assert read["neurons"].shape == (2, BATCH, LENGTH, 32)


@pytest.mark.parametrize("kind", KINDS)
def test_z_is_the_pattern_times_the_values(kind, tokens):
    model = transformers_model(kind)
    read = read_activations(model, tokens, ["v", "pattern", "z"])
    for layer in range(2):
        mixed = architecture(model).mix(read["pattern"][layer], read["v"][layer])
        torch.testing.assert_close(mixed, read["z"][layer])


def test_head_outputs_and_neurons_add_up_to_what_the_layer_writes(tokens):
    model = transformers_model("gpt_neox")
    read = read_activations(model, tokens, ["head_out", "attn_out", "neurons", "mlp_out"])
    for n, layer in enumerate(model._module.gpt_neox.layers):
        torch.testing.assert_close(read["head_out"][n].sum(2) + layer.attention.dense.bias, read["attn_out"][n])
        torch.testing.assert_close(layer.mlp.dense_4h_to_h(read["neurons"][n]), read["mlp_out"][n])


def test_olmo2_attention_is_normalised_after_its_heads_are_summed(tokens):
    model = transformers_model("olmo2")
    read = read_activations(model, tokens, ["head_out", "attn_out"])
    for n, layer in enumerate(model._module.model.layers):
        torch.testing.assert_close(layer.post_attention_layernorm(read["head_out"][n].sum(2)), read["attn_out"][n])


def test_the_attention_only_model_gives_what_its_own_hooks_give(tokens):
    model = attention_only()
    own_logits, cache = model._module.run_with_cache(tokens)
    read = read_activations(model, tokens, [*architecture(model).places, "logits"])
    torch.testing.assert_close(read["logits"], own_logits)
    for layer in range(2):
        hooks = {"pattern": "attn.hook_pattern", "z": "attn.hook_z", "head_out": "attn.hook_result"}
        hooks |= {"resid_pre": "hook_resid_pre", "resid_post": "hook_resid_post", "attn_out": "hook_attn_out"}
        for place, hook in hooks.items():
            torch.testing.assert_close(read[place][layer], cache[f"blocks.{layer}.{hook}"])
        torch.testing.assert_close(
            torch.einsum("bhqk,bkhe->bqhe", read["pattern"][layer], read["v"][layer]), read["z"][layer]
        )
    torch.testing.assert_close(unembed(model, read["resid_post"][-1]), own_logits)


def test_the_modular_addition_model_has_one_position_where_the_answer_is_read():
    model = modular_addition()
    tokens = torch.tensor([[1, 2, 11], [3, 10, 11]])
    own_logits, cache = model._module.run_with_cache(tokens)
    read = read_activations(model, tokens, [*architecture(model).places, "logits"])
    torch.testing.assert_close(read["logits"][:, 0], own_logits)
    torch.testing.assert_close(read["pattern"][0, :, :, 0], cache["attn.hook_pattern"])
    torch.testing.assert_close(read["neurons"][0, :, 0], cache["mlp.hook_post"])
    torch.testing.assert_close(read["head_out"][0, :, 0].sum(1), cache["hook_attn_out"])
    assert read["resid_pre"].shape == (1, 2, 3, WIDTH)
    stream = residual_stream(model, tokens)
    assert stream.shape == (2, 2, 1, WIDTH)
    torch.testing.assert_close(unembed(model, stream[1]), read["logits"])
    torch.testing.assert_close(read["resid_pre"][0, :, -1:] + read["attn_out"][0] + read["mlp_out"][0], stream[1])


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_batches_change_nothing(batch_size, tokens):
    model = transformers_model("gpt_neox")
    places, last = ["resid_post", "pattern", "logits"], torch.tensor([6, 2, 0, -1, 3])
    whole = read_activations(model, tokens, places, positions=last)
    parts = read_activations(model, tokens, places, positions=last, batch_size=batch_size)
    for place in places:
        torch.testing.assert_close(parts[place], whole[place])


def test_positions_pick_one_place_of_each_row(tokens):
    model = transformers_model("olmo2")
    last = torch.tensor([6, 2, 0, -1, 3])
    whole = read_activations(model, tokens, ["z", "pattern", "logits"])
    picked = read_activations(model, tokens, ["z", "pattern", "logits"], positions=last)
    for row, position in enumerate(last):
        torch.testing.assert_close(picked["z"][:, row], whole["z"][:, row, position])
        torch.testing.assert_close(picked["pattern"][:, row], whole["pattern"][:, row, :, position])
        torch.testing.assert_close(picked["logits"][row], whole["logits"][row, position])
    same = read_activations(model, tokens, "z", positions=-1)["z"]
    torch.testing.assert_close(same, whole["z"][:, :, -1])


def test_some_layers_come_in_the_order_asked_for(tokens):
    model = transformers_model("gpt_neox")
    whole = read_activations(model, tokens, "resid_post")["resid_post"]
    assert torch.equal(read_activations(model, tokens, "resid_post", layers=[1, 0])["resid_post"], whole.flip(0))


def test_later_layers_are_not_computed_when_nobody_asks_for_them(tokens):
    model = transformers_model("gpt_neox")
    calls = []
    model._module.gpt_neox.layers[1].register_forward_pre_hook(lambda *_: calls.append(1))
    read_activations(model, tokens, "resid_post", layers=[0])
    assert calls == []
    read_activations(model, tokens, "resid_post", layers=[1])
    assert calls == [1]


def test_padding_on_the_left_with_a_mask_reads_the_same_as_no_padding(tokens):
    model = transformers_model("gpt_neox")
    padded = torch.cat([torch.zeros(BATCH, 2, dtype=torch.long), tokens], dim=1)
    mask = (torch.arange(LENGTH + 2) >= 2).long().expand(BATCH, -1)
    plain, masked = logits(model, tokens), logits(model, padded, attention_mask=mask)
    # rotations depend on the distance of two positions only, so that moving all of them changes nothing
    torch.testing.assert_close(masked[:, 2:], plain, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(logits(model, padded)[:, 2:], plain, atol=1e-5)


@pytest.mark.parametrize("kind", ["gpt_neox", "olmo2"])
def test_patterns_can_be_read_from_a_fast_kernel_which_is_put_back(kind, tokens):
    model = transformers_model(kind, "sdpa")
    pattern = patterns(model, tokens)
    assert model._module.config._attn_implementation == "sdpa"
    torch.testing.assert_close(pattern.sum(-1), torch.ones(2, BATCH, HEADS, LENGTH))
    assert pattern.triu(1).abs().max() == 0
    before = transformers_model(kind, "eager")
    torch.testing.assert_close(pattern, patterns(before, tokens))


def test_attention_is_put_back_after_an_error_too(tokens):
    model = transformers_model("gpt_neox", "sdpa")
    with pytest.raises(IndexError):
        patterns(model, tokens + 10_000)
    assert model._module.config._attn_implementation == "sdpa"
    torch.testing.assert_close(logits(model, tokens), model._module(tokens).logits)


def test_nothing_read_keeps_a_graph(tokens):
    assert not any(
        value.requires_grad for value in read_activations(transformers_model("olmo2"), tokens, PLACES).values()
    )


def test_what_is_wrong_is_told(tokens):
    model = transformers_model("gpt_neox")
    with pytest.raises(ValueError, match="got the place 'resid'; .*resid_pre"):
        read_activations(model, tokens, "resid")
    with pytest.raises(ValueError, match="place 'neurons'.*has resid_pre"):
        read_activations(attention_only(), tokens, "neurons")
    with pytest.raises(IndexError, match="got layer 2; expected 0 to 1"):
        read_activations(model, tokens, "z", layers=[2])
    with pytest.raises(TypeError, match="expected a torch tensor of token ids"):
        read_activations(model, ["some text"], "z")
    with pytest.raises(TypeError, match="expected a torch tensor of token ids"):
        logits(model, tokens.float())
    with pytest.raises(ValueError, match=r"expected \(batch, position\)"):
        logits(model, tokens[0])
    with pytest.raises(ValueError, match="neither of them 0"):
        logits(model, tokens[:0])
    with pytest.raises(ValueError, match="one for each of the 5 rows"):
        logits(model, tokens, positions=[1, 2])
    with pytest.raises(ValueError, match="attention_mask of shape"):
        logits(model, tokens, attention_mask=tokens[:, 1:])
    with pytest.raises(ValueError, match="takes no attention_mask"):
        logits(attention_only(), tokens, attention_mask=torch.ones_like(tokens).index_fill(1, torch.tensor(0), 0))
    with pytest.raises(ValueError, match="batch_size=0"):
        logits(model, tokens, batch_size=0)
    with pytest.raises(IndexError):
        logits(model, tokens, positions=LENGTH)
    with pytest.raises(TypeError, match="expected an nnsight model"):
        logits(model._module, tokens)
    with pytest.raises(ValueError, match="places of a Linear are not known; known are gpt_neox"):
        logits(nnsight.NNsight(nn.Linear(2, 2)), tokens)
    with pytest.raises(ValueError, match="residual stream of shape"):
        unembed(model, torch.zeros(3, 5))


def test_a_model_without_a_mask_takes_one_that_hides_nothing_before_a_token():
    model, tokens = attention_only(), torch.arange(12).reshape(2, 6) % 5
    padded = torch.ones_like(tokens)
    padded[1, 4:] = 0
    seen = logits(model, tokens, attention_mask=padded)
    torch.testing.assert_close(seen[1, :4], logits(model, tokens[1:, :4])[0])
