"""Gives the blocks of a transformers model sizes of their own."""

import copy
import re

import torch
from torch import nn


class IndexedLinear(nn.Module):
    """A linear layer of which only some rows and columns are stored; the others are zero."""

    def __init__(self, layer, rows, columns):
        super().__init__()
        self.out_features = layer.out_features
        self.in_features = layer.in_features
        stored = (rows[0] if rows else layer.out_features, columns[0] if columns else layer.in_features)
        self.weight = nn.Parameter(layer.weight.new_empty(stored))
        self.bias = layer.bias
        for name, kept in (("row_index", rows), ("column_index", columns)):
            index = torch.zeros(kept[0], dtype=torch.int32, device=layer.weight.device) if kept else None
            self.register_buffer(name, index)

    def forward(self, x):
        if self.column_index is not None:
            x = x.index_select(-1, self.column_index)
        y = nn.functional.linear(x, self.weight)
        if self.row_index is not None:
            whole = y.new_zeros(*y.shape[:-1], self.out_features)
            y = whole.index_copy(-1, self.row_index.long(), y)
        return y if self.bias is None else y + self.bias


class NoAttention(nn.Module):
    """An attention that is gone. Caches count tokens by what they are given, so they get something."""

    def __init__(self, layer_idx):
        super().__init__()
        self.layer_idx = layer_idx

    def forward(self, hidden_states, *args, **kwargs):
        for name in ("cache", "past_key_values", "past_key_value", "layer_past"):
            if kwargs.get(name) is not None:
                nothing = hidden_states.new_zeros(hidden_states.shape[0], 1, hidden_states.shape[1], 1)
                kwargs[name].update(nothing, nothing, self.layer_idx)
                break
        return torch.zeros_like(hidden_states), None


class Nothing(nn.Module):
    """A feed-forward that is gone."""

    def forward(self, x):
        return torch.zeros_like(x)


def resize(owner, name, rows=None, columns=None):
    old = getattr(owner, name)
    stored = tuple(old.weight.shape)
    linear = isinstance(old, nn.Linear)  # GPT-2 has layers that keep their weights as [in, out]
    outputs, inputs = stored if linear else stored[::-1]
    rows = outputs if rows is None else rows
    columns = inputs if columns is None else columns
    if (rows, columns) == (outputs, inputs):
        return
    if linear:
        new = nn.Linear(columns, rows, old.bias is not None, old.weight.device, old.weight.dtype)
    else:
        new = type(old)(rows, columns).to(old.weight.device, old.weight.dtype)
    setattr(owner, name, new)


def first(owner, *names):
    return next((each for each in names if hasattr(owner, each)), None)


def shrink_attention(layer, block, heads, groups):
    name = first(layer, "self_attn", "attn", "attention")
    if heads == 0:
        setattr(layer, name, NoAttention(block))
        return
    attention = getattr(layer, name)
    width = getattr(attention, first(attention, "head_size", "head_dim"))
    fused = first(attention, "qkv_proj", "c_attn", "query_key_value")
    if fused:
        resize(attention, fused, rows=(heads + 2 * groups) * width)
    else:
        resize(attention, "q_proj", rows=heads * width)
        resize(attention, "k_proj", rows=groups * width)
        resize(attention, "v_proj", rows=groups * width)
    if fused == "qkv_proj":
        attention.config = copy.copy(attention.config)
        attention.config.num_attention_heads = heads
    output = first(attention, "o_proj", "out_proj", "c_proj", "dense")
    resize(attention, output, columns=heads * width)
    new = {
        "num_heads": heads,
        "num_key_value_heads": groups,
        "num_key_value_groups": heads // groups,
        "split_size": heads * width,
    }
    if output == "out_proj":
        new["embed_dim"] = heads * width
    for name, value in new.items():
        if hasattr(attention, name):
            setattr(attention, name, value)


def shrink_feed_forward(layer, neurons):
    if hasattr(layer, "fc1"):
        if neurons == 0:
            layer.fc1, layer.fc2 = nn.Identity(), Nothing()
        else:
            resize(layer, "fc1", rows=neurons)
            resize(layer, "fc2", columns=neurons)
    elif neurons == 0:
        layer.mlp = Nothing()
    else:
        for name in ("gate_proj", "up_proj", "c_fc", "dense_h_to_4h"):
            if hasattr(layer.mlp, name):
                resize(layer.mlp, name, rows=neurons)
        if hasattr(layer.mlp, "gate_up_proj"):
            resize(layer.mlp, "gate_up_proj", rows=2 * neurons)
        resize(layer.mlp, first(layer.mlp, "down_proj", "c_proj", "dense_4h_to_h"), columns=neurons)


def shrink(layers, sizes):
    """sizes(block) gives neurons, query heads, and key and value heads; 0 where there are none."""
    for block, layer in enumerate(layers):
        neurons, heads, groups = sizes(block)
        shrink_attention(layer, block, heads, groups)
        shrink_feed_forward(layer, neurons)


def share_names(model):
    """transformers 5 calls some tensors otherwise than checkpoints do, and asks only its own classes how."""
    try:
        from transformers.conversion_mapping import get_checkpoint_conversion_mapping as of
        from transformers.conversion_mapping import register_checkpoint_conversion_mapping as register
    except ImportError:
        return
    register(type(model).__name__, of(type(model).__base__.__name__) or [], overwrite=True)


def value(config, block, name, otherwise):
    """A field of config.json for a block, which per_layer_config may override."""
    standard = getattr(config, name, None)
    own = getattr(config, "per_layer_config", None)
    if isinstance(own, dict):  # transformers before it knew the field
        own = {int(key): sizes for key, sizes in own.items()}.get(block, {}).get(name)
    elif own is not None:
        own = getattr(own[block], name, None)
    found = standard if own is None else own
    return otherwise if found is None else found


def index(layers, modules):
    """modules: {"model.layers.0.mlp.up_proj": {"rows": [kept, all], "columns": [kept, all]}}"""
    for name, kept in modules.items():
        parent, _, leaf = re.split(r"layers?\.", name, maxsplit=1)[1].rpartition(".")
        owner = layers.get_submodule(parent)
        new = IndexedLinear(getattr(owner, leaf), kept.get("rows"), kept.get("columns"))
        setattr(owner, leaf, new)
