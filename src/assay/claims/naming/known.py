"""Knows the names that many papers of the field have, so that none of them is taken for a slip of another."""

import re
from functools import lru_cache
from typing import Final

_NAMES: Final = frozenset(
    """
    adam adamw agentbench aime alfworld alibaba alpacaeval amc androidworld anthropic appworld arc arxiv bbeh bbh
    beir bert bfcl bigcodebench bleu blip browsecomp calvin carla chartqa charxiv chatgpt cider cifar claude
    clip coco codeforces cogvideo cogvideox comet conll controlnet cuda dapo ddpo deberta deepmind deepresearch
    deepseek deepspeed deltanet dino dit docvqa dpg dpo dppo droid drpo dvts fever flamingo flashattention flores
    flux gaia gamma gdpo gemini gemma geneval geoeval gigpo github glm glue gmpo gpqa gpt gqa grok groq grpo gsm gspo
    hellaswag hle hotpotqa huggingface humaneval hunyuan ifeval imagenet imagereward imo infovqa instructblip
    internlm internvl ipo kimi kinetics kitti kto laion lcb libero limo livebench livecodebench llada llama llava
    locomo longbench longmemeval lora magma mamba marin math mathverse mathvision mathvista matterport mbpp mcts
    medqa megatron minerva minicpm minif minimax mistral mixtral mmbench mme mmeb mmlu mmmu mmstar mmvet mobileworld
    modernbert molmo musique mvbench nemotron nerf nuscenes nvidia ocrbench olmo olympiadbench openai openhands
    openvla orpo osworld phi pickscore ppo processbench putnambench pytorch qlora quac qwen qwq react realm
    reflexion reinforce rloo rlvr roberta robocasa robotwin rope ruler sam scannet scanqa scienceqa scienceworld
    screenspot sdar sdxl sglang siglip simpler simpo smollm sora spo sqa squad sumo superglue swe textvqa textworld
    triviaqa trpo truthfulqa tvqa unet vbench veo vgg vggt videomme videommmu vista vit vllm vlm vsi voxel wan webarena
    webshop webvoyager webwalkerqa whisper wikitext wise wizardlm wmt xlnet yarn yolo zephyr
    """.split()
)
"""In small letters, up to the first digit or hyphen."""

FAMILIES: Final = (
    "ChatGPT",
    "Claude",
    "DeepSeek",
    "Gemini",
    "Gemma",
    "GPT",
    "InternLM",
    "InternVL",
    "Kimi",
    "Llama",
    "LLaVA",
    "Mistral",
    "Mixtral",
    "Qwen",
)
"""Makers' families of models, as they stand before a version."""


@lru_cache(maxsize=4096)
def is_known(word: str) -> bool:
    """Whether a word is a name that many papers have, whatever number stands behind it."""
    letters = re.match(r"[a-z]*", word.lower())
    return letters is not None and letters[0] in _NAMES
