"""Compares two model folders through transformers.

Reads {"pairs": [{"a": folder, "b": folder, "trust": bool}, ...], "windows": [[id, ...], ...]} from
standard input and writes one JSON object for each pair on a line of standard output. A window of a model
that reads images is its pixels, each one number, and a label.
"""

import json
import sys

import torch
import transformers
from transformers.utils import logging

logging.set_verbosity_error()


TASKS = (
    "ForMaskedLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForImageClassification",
)


def auto(architecture):
    """The class that finds the class of an architecture, with the code of its folder."""
    # The same class finds a DeiT with another head for its teacher.
    named = architecture.removesuffix("WithTeacher")
    task = next((each for each in TASKS if named.endswith(each)), "ForCausalLM")
    return "AutoModel" if architecture.endswith("Model") else "AutoModel" + task


def without_empty_experts(model):
    """Takes experts of zeros and their rows of the router out of a model that was loaded."""
    for layer in model.get_decoder().layers:
        experts = getattr(layer.mlp, "experts", None)
        if experts is None:
            continue
        alive = experts.down_proj.flatten(1).ne(0).any(1)
        for owner, name in ((experts, "gate_up_proj"), (experts, "down_proj"), (layer.mlp.gate, "weight")):
            setattr(owner, name, torch.nn.Parameter(getattr(owner, name)[alive]))
        experts.num_experts = layer.mlp.gate.num_experts = int(alive.sum())


def load(folder, trust):
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trust)
    named = config.architectures
    own = None if trust or not named else getattr(transformers, named[0], None)
    kind = own or getattr(transformers, auto(named[0] if named else ""))
    model = kind.from_pretrained(folder, trust_remote_code=trust, torch_dtype=torch.float32)
    if getattr(config, "experts_of_zeros_are_gone", False):
        without_empty_experts(model)
    return model.eval()


def image(config, window):
    """Pixels in [-1, 1], with the channels outside."""
    shifts = torch.arange(config.num_channels - 1, -1, -1)[:, None] * 8
    levels = window[None, :-1] >> shifts & 255
    return (levels / 127.5 - 1).reshape(1, config.num_channels, config.image_size, config.image_size)


def said(model, window):
    images = hasattr(model.config, "image_size")
    result = model(image(model.config, window) if images else window[None])
    return (result.logits if hasattr(result, "logits") else result.last_hidden_state)[0]


def loss(model, logits, window):
    """The mean cross-entropy of the next tokens, of a model that says them."""
    if not type(model).__name__.endswith("ForCausalLM"):
        return float("nan")
    return torch.nn.functional.cross_entropy(logits[:-1].double(), window[1:]).item()


@torch.no_grad()
def compare(pair, windows):
    a, b = load(pair["a"], pair["trust"]), load(pair["b"], pair["trust"])
    most, divergence, losses = 0.0, 0.0, ([], [])
    for ids in windows:
        window = torch.tensor(ids)
        x, y = said(a, window), said(b, window)
        most = max(most, (x - y).abs().max().item())
        p, q = x.double().log_softmax(-1), y.double().log_softmax(-1)
        divergence += (p.exp() * (p - q)).sum(-1).mean().item() / len(windows)
        losses[0].append(loss(a, x, window))
        losses[1].append(loss(b, y, window))
    nan = most != most
    return {"max_abs": None if nan else most, "kl": divergence, "loss_a": mean(losses[0]), "loss_b": mean(losses[1])}


def mean(values):
    """None where there is none: JSON has no NaN."""
    total = sum(values) / len(values)
    return None if total != total else total


request = json.load(sys.stdin)
for each in request["pairs"]:
    print(json.dumps(compare(each, request["windows"])), flush=True)
