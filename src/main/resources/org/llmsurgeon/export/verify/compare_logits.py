"""Compares two model folders through transformers.

Reads {"pairs": [{"a": folder, "b": folder, "trust": bool}, ...], "windows": [[id, ...], ...]} from
standard input and writes one JSON object for each pair on a line of standard output.
"""

import json
import sys

import torch
import transformers
from transformers.utils import logging

logging.set_verbosity_error()


def load(folder, trust):
    named = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trust).architectures
    own = None if trust or not named else getattr(transformers, named[0], None)
    kind = own or transformers.AutoModelForCausalLM
    model = kind.from_pretrained(folder, trust_remote_code=trust, torch_dtype=torch.float32)
    return model.eval()


def loss(logits, window):
    return torch.nn.functional.cross_entropy(logits[:-1].double(), window[1:]).item()


@torch.no_grad()
def compare(pair, windows):
    a, b = load(pair["a"], pair["trust"]), load(pair["b"], pair["trust"])
    most, divergence, losses = 0.0, 0.0, ([], [])
    for ids in windows:
        window = torch.tensor(ids)
        x, y = a(window[None]).logits[0], b(window[None]).logits[0]
        most = max(most, (x - y).abs().max().item())
        p, q = x.double().log_softmax(-1), y.double().log_softmax(-1)
        divergence += (p.exp() * (p - q)).sum(-1).mean().item() / len(windows)
        losses[0].append(loss(x, window))
        losses[1].append(loss(y, window))
    nan = most != most
    return {"max_abs": None if nan else most, "kl": divergence, "loss_a": mean(losses[0]), "loss_b": mean(losses[1])}


def mean(values):
    return sum(values) / len(values)


request = json.load(sys.stdin)
for each in request["pairs"]:
    print(json.dumps(compare(each, request["windows"])), flush=True)
