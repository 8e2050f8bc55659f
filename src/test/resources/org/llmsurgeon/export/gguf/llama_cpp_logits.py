"""What the package gguf reads in files, and the logits that llama.cpp computes with them.

Reads JSON {"files": [...], "tokens": [...]}; for each file prints a line of JSON: "tensors", name to
numbers row by row, and "logits", a list for each token.
"""
import json
import sys

from gguf import GGUFReader
from gguf.quants import dequantize
from llama_cpp import Llama

request = json.load(sys.stdin)
for file in request["files"]:
    tensors = {
        each.name: dequantize(each.data, each.tensor_type).astype("float64").ravel().tolist()
        for each in GGUFReader(file).tensors
    }
    model = Llama(file, n_ctx=32, logits_all=True, verbose=False)
    model.eval(request["tokens"])
    logits = model.scores[: len(request["tokens"])].astype("float64").tolist()
    print(json.dumps({"tensors": tensors, "logits": logits}))
