"""What a model brings is seen on every family that brings it, and on none that does not."""

import pytest
import torch
from accelerate import cpu_offload

from assay.methods._traits import PLACEMENT, Trait, refuse_traits, traits_of
from tests.methods.families import FAMILIES, TABLE, each, family_model, tiny_model

SAME = {
    "encoder_decoder": Trait.ENCODER_DECODER,
    "sinks": Trait.SINKS,
    "softcap": Trait.SOFTCAP,
    "local": Trait.LOCAL,
    "linear": Trait.RECURRENT,
    "shared_kv": Trait.SHARED_STATES,
    "alibi": Trait.ALIBI,
    "rope_by_length": Trait.ROPE_BY_LENGTH,
    "mla": Trait.LATENT,
    "sparse": Trait.SPARSE,
}
"""Traits of families, which somebody wrote down by hand, and what the library must see of them."""


@pytest.mark.parametrize("family", each(FAMILIES))
def test_the_library_sees_what_the_table_of_families_says(family: str) -> None:
    traits, listed = traits_of(family_model(family)), TABLE[family].traits
    assert {trait for trait in SAME.values() if trait in traits} == {SAME[name] for name in listed & SAME.keys()}
    assert (Trait.SLIDING in traits) == bool(listed & {"sliding", "chunked"})
    if "encoder" not in listed and "encoder_decoder" not in listed:
        assert (Trait.NO_ROPE in traits) == ("rope" not in listed)
    assert not PLACEMENT & traits.keys()


def test_offloaded_and_dispatched_models_are_seen() -> None:
    torch.manual_seed(0)
    offloaded = cpu_offload(tiny_model("llama"), execution_device=torch.device("cpu"))
    assert Trait.OFFLOADED in traits_of(offloaded)


def test_a_refusal_names_the_trait_and_what_shows_it() -> None:
    model = family_model("gemma2")
    with pytest.raises(ValueError, match=r"^Toy cannot be used with this Gemma2ForCausalLM: .* soft-capped \(at "):
        refuse_traits(model, method="Toy", supports=frozenset(Trait) - {Trait.SOFTCAP})
    refuse_traits(model, method="Toy", supports=frozenset(Trait))
