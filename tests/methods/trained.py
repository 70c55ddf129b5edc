"""Models that a method changed and that are then trained, one of each method; run as a module, it trains all of them.

    torchrun --nproc_per_node 2 -m tests.methods.trained weights.pt

leaves in the file what every model's weights have become under accelerate, by method and parameter.
"""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from assay.methods.architecture.layernorm_scaling import LayerNormScaling
from assay.methods.architecture.lm2_memory import LM2Memory
from assay.methods.architecture.mixture_of_memories import MomConfig, MomForCausalLM
from assay.methods.architecture.scale_distribution_decoupling import ScaleDistributionDecoupling
from assay.methods.architecture.scone_fgrams import FGramVocab, Scone
from assay.methods.architecture.soft_moe_ffn import SoftMoEConfig, convert_ffn
from assay.methods.compression.loram import Pruning, PruningPlan
from assay.methods.compression.matquant import MatQuant, joint_loss
from tests.methods.families import VOCAB, tiny_model

STEPS, ROWS, TOKENS = 3, 4, 12


class Joint(nn.Module):
    """A nested model whose loss is the joint one."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=joint_loss(self.model, batch))


def scaled() -> nn.Module:
    model: nn.Module = tiny_model("llama")
    LayerNormScaling().apply(model)  # type: ignore[type-var]
    return model


def decoupled() -> nn.Module:
    model: nn.Module = tiny_model("olmo2")
    ScaleDistributionDecoupling().apply(model)  # type: ignore[type-var]
    return model


def nested() -> nn.Module:
    model: nn.Module = tiny_model("qwen2")
    MatQuant().apply(model)  # type: ignore[type-var]
    return Joint(model)


def remembering() -> nn.Module:
    model = tiny_model("llama", use_cache=False)  # it compiles without a cache alone
    LM2Memory(slots=4, heads=4, segment=4).apply(model)
    with torch.no_grad():  # as it begins, nothing is read and nothing of the memory learns
        for layer in model.model.layers:
            nn.init.normal_(layer.self_attn.memory.read.output.weight, std=0.2)
    return model  # type: ignore[no-any-return]


def routed() -> nn.Module:
    # The balance loss is none of the mean over rows that two processes come to.
    config = MomConfig(
        vocab_size=VOCAB, hidden_size=32, num_hidden_layers=2, num_heads=2, head_dim=8, chunk_size=4, rule="delta",
        aux_loss_weight=0.0, initializer_range=0.15, use_cache=False,
    )  # fmt: skip
    return MomForCausalLM(config)


def with_fgrams() -> nn.Module:
    pairs = torch.cartesian_prod(torch.arange(3, VOCAB), torch.arange(3, 12)).numpy()
    model: nn.Module = Scone(FGramVocab.of(pairs, special={0, 1, 2}), layers=1).apply(tiny_model("qwen2"))
    # Zero as it begins, so that the rest of the encoder does not learn.
    nn.init.normal_(model.get_submodule("fgrams.source.write").weight, std=0.2)  # type: ignore[arg-type]
    return model


def mixed() -> nn.Module:
    model: nn.Module = tiny_model("qwen2", use_cache=False)  # as above
    convert_ffn(model, SoftMoEConfig(mode="prefix", experts=2))  # type: ignore[arg-type]
    return model


def adapted() -> nn.Module:
    model: Any = tiny_model("llama")
    small = PruningPlan.structured(model, Pruning(ratio=0.5, layers=(0, None), score="magnitude")).apply(model)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    tuned: nn.Module = get_peft_model(small, config)
    return tuned


MAKE: dict[str, Callable[[], nn.Module]] = {
    "layernorm_scaling": scaled,
    "scale_distribution_decoupling": decoupled,
    "lm2_memory": remembering,
    "loram": adapted,
    "matquant": nested,
    "mixture_of_memories": routed,
    "scone_fgrams": with_fgrams,
    "soft_moe_ffn": mixed,
}
"""By the method's name. Each model takes ``input_ids`` and ``labels`` and returns something with a ``loss``."""


def made(method: str) -> nn.Module:
    """The same model each time, in training mode."""
    torch.manual_seed(0)
    return MAKE[method]().train()


def batch(step: int) -> dict[str, Tensor]:
    """The rows of a step, the same for everyone."""
    ids = torch.randint(3, VOCAB, (ROWS, TOKENS), generator=torch.Generator().manual_seed(step))
    return {"input_ids": ids, "labels": ids}


def trained(model: nn.Module, accelerator: Any = None) -> dict[str, Tensor]:
    """The weights after a few steps on all rows of each batch; with an `accelerator`, this process has its share."""
    optimizer: Any = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=0.05)
    wrapped = model
    rows = slice(None)
    if accelerator:
        wrapped, optimizer = accelerator.prepare(model, optimizer)
        rows = slice(accelerator.process_index, None, accelerator.num_processes)
    for step in range(STEPS):
        loss = wrapped(**{name: tensor[rows] for name, tensor in batch(step).items()}).loss
        accelerator.backward(loss) if accelerator else loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def main() -> None:
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    if accelerator.num_processes != 2:
        raise SystemExit(f"this wants two processes and is one of {accelerator.num_processes}")
    weights = {method: trained(made(method), accelerator) for method in MAKE}
    if accelerator.is_main_process:
        torch.save(weights, sys.argv[1])
    accelerator.end_training()


if __name__ == "__main__":
    main()
