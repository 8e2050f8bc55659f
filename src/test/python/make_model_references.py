"""Writes the reference models that ReferenceModelsTest compares with: tiny random networks of every
supported architecture, as the transformers library (5.24, torch on a processor) computes them.

    python make_model_references.py ../resources/org/llmsurgeon/model/reference [NAME ...]

Each file is a safetensors file: the weights as transformers saves them, and beside them
`reference.logits`, `reference.gradient.<module>` (of the loss with respect to what each linear module
wrote, one window). Of experts there are the tokens that reach them, in their order, and beside their
gradients `reference.input.<module>`. Some have `reference.factor.A.<module>` and `reference.factor.G.<module>`
too, what torch's hooks saw of a layer: the means over all tokens of what it reads, with a 1 where it has a
bias, and of the gradients of what it wrote, each times itself. The metadata holds `config` (config.json), `ids`, `loss`, and of encoders
`targets`: what each position is to say, -1 where it does not count, `types` of the tokens where they differ,
and `number`, what is right, where a network gives one. Of networks that read images `ids` are the pixels
and the label, and `pixels` says what the numbers of a pixel go through.
"""

import copy
import json
import pathlib
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.pytorch_utils import Conv1D

LENGTH = 7

SIZES = dict(
    vocab_size=11,
    hidden_size=8,
    intermediate_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=32,
)
ROPE = dict(rope_theta=50.0)
SLIDING = dict(sliding_window=3)
# Of whose layers there are factors: of each kind of network.
FACTORS = ("llama", "llama-grouped", "bert", "mixtral")
LOCAL = ["sliding_attention", "full_attention", "sliding_attention"]


def yarn():
    return dict(
        rope_parameters=dict(
            rope_type="yarn", rope_theta=50.0, factor=4.0, original_max_position_embeddings=8
        )
    )


def longrope():
    return dict(
        rope_parameters=dict(
            rope_type="longrope",
            rope_theta=50.0,
            short_factor=[1.0, 1.5],
            long_factor=[2.0, 3.0],
            original_max_position_embeddings=5,
        ),
        original_max_position_embeddings=5,
    )


def llama3():
    """Of the four frequencies of a head one is kept, one lies between and two are divided."""
    return dict(
        rope_parameters=dict(
            rope_type="llama3",
            rope_theta=50.0,
            factor=4.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=32,
        )
    )


def part(share):
    return dict(
        rope_parameters=dict(rope_type="default", rope_theta=50.0, partial_rotary_factor=share)
    )


def decoders():
    t = transformers
    yield "llama-yarn", t.LlamaConfig(**SIZES, **yarn(), head_dim=4)
    yield "llama-dynamic", t.LlamaConfig(
        **SIZES,
        head_dim=4,
        hidden_act="gelu_fast",
        sliding_window=3,
        rope_parameters=dict(rope_type="dynamic", rope_theta=50.0, factor=3.0),
    )
    # As many heads of keys as of queries: SIZES has half as many.
    all_heads = {**SIZES, "num_key_value_heads": 4}
    yield "llama", t.LlamaConfig(**all_heads, **ROPE)
    biases = dict(attention_bias=True, mlp_bias=True)
    yield "llama-grouped", t.LlamaConfig(**SIZES, **ROPE, **biases, tie_word_embeddings=True)
    yield "llama3", t.LlamaConfig(**SIZES, **llama3(), head_dim=8)
    yield "mistral-all-heads", t.MistralConfig(**all_heads, **ROPE, **SLIDING, head_dim=6)
    yield "qwen2-all-heads", t.Qwen2Config(**all_heads, **ROPE, tie_word_embeddings=True)
    yield "qwen3-all-heads", t.Qwen3Config(**all_heads, **ROPE, head_dim=4)
    yield "phi3-all-heads", t.Phi3Config(**all_heads, **part(1.0), pad_token_id=0)
    one = {**SIZES, "num_key_value_heads": 1}
    yield "gemma-one-head", t.GemmaConfig(**one, **ROPE, head_dim=4)
    yield "gemma3-all-heads", t.Gemma3TextConfig(
        **all_heads, **SLIDING, head_dim=4, layer_types=LOCAL[:2]
    )
    yield "olmo2-all-heads", t.Olmo2Config(**all_heads, **ROPE)
    yield "mistral", t.MistralConfig(**SIZES, **ROPE, **SLIDING, head_dim=6)
    yield "qwen2", t.Qwen2Config(
        **SIZES, **ROPE, **SLIDING, use_sliding_window=True, max_window_layers=1
    )
    yield "qwen3", t.Qwen3Config(**SIZES, **ROPE, head_dim=4, tie_word_embeddings=True)
    yield "phi3", t.Phi3Config(**SIZES, **SLIDING, **part(1.0), pad_token_id=0)
    sixteen = {**SIZES, "hidden_size": 16}
    yield "phi3-longrope", t.Phi3Config(**sixteen, **longrope(), pad_token_id=0)
    yield "gemma", t.GemmaConfig(**SIZES, **ROPE, head_dim=4)
    three = {**SIZES, "num_hidden_layers": 3}
    yield "gemma2", t.Gemma2Config(
        **three,
        **SLIDING,
        head_dim=4,
        query_pre_attn_scalar=6,
        attn_logit_softcapping=0.7,
        final_logit_softcapping=1.5,
        layer_types=LOCAL,
    )
    yield "gemma3", t.Gemma3TextConfig(
        **three,
        **SLIDING,
        head_dim=4,
        query_pre_attn_scalar=6,
        layer_types=LOCAL,
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", rope_theta=90.0, factor=2.0),
            sliding_attention=dict(rope_type="default", rope_theta=20.0),
        ),
    )
    yield "granite", t.GraniteConfig(
        **SIZES,
        **ROPE,
        embedding_multiplier=3.0,
        attention_multiplier=0.3,
        residual_multiplier=0.6,
        logits_scaling=1.7,
        attention_bias=True,
    )
    yield "olmo2", t.Olmo2Config(**SIZES, **ROPE)
    yield "smollm3", t.SmolLM3Config(**three, **ROPE, no_rope_layers=[1, 0, 1], pad_token_id=0)
    yield "stablelm", t.StableLmConfig(**SIZES, **part(1.0), use_qkv_bias=True)
    heads = {**SIZES, "num_attention_heads": 2, "num_key_value_heads": 1}
    yield "stablelm-parallel", t.StableLmConfig(
        **heads, **part(0.5), use_parallel_residual=True
    )
    few = dict(num_experts_per_tok=2)
    yield "mixtral", t.MixtralConfig(**SIZES, **ROPE, **SLIDING, **few, num_local_experts=4)
    yield "mixtral-merged", t.MixtralConfig(**SIZES, **ROPE, **few, num_local_experts=3)
    narrow = {**three, **few, "num_experts": 5, "moe_intermediate_size": 6}
    yield "mixtral-all-heads", t.MixtralConfig(**all_heads, **ROPE, **few, num_local_experts=3)
    yield "qwen2-moe", t.Qwen2MoeConfig(
        **narrow,
        **ROPE,
        **SLIDING,
        use_sliding_window=True,
        max_window_layers=2,
        shared_expert_intermediate_size=10,
        mlp_only_layers=[1],
    )
    yield "qwen3-moe", t.Qwen3MoeConfig(
        **narrow, **ROPE, head_dim=4, norm_topk_prob=True, decoder_sparse_step=2
    )
    yield "olmoe", t.OlmoeConfig(**SIZES, **ROPE, **few, num_experts=4, eos_token_id=2)
    flat = {k: v for k, v in SIZES.items() if k != "num_key_value_heads"}
    yield "opt", t.OPTConfig(
        vocab_size=11,
        hidden_size=8,
        ffn_dim=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        word_embed_proj_dim=8,
    )
    yield "gpt2", t.GPT2Config(
        vocab_size=11, n_embd=8, n_layer=2, n_head=2, n_inner=12, n_positions=16
    )
    two = {**flat, "num_attention_heads": 2, "hidden_size": 16}
    yield "gpt-neox", t.GPTNeoXConfig(**two, **part(0.5))
    yield "gpt-neox-sequential", t.GPTNeoXConfig(
        **two, **part(0.25), use_parallel_residual=False, attention_bias=False
    )


def encoders():
    t = transformers
    flat = {k: v for k, v in SIZES.items() if k != "num_key_value_heads"}
    yield "bert", t.BertConfig(**flat), t.BertForMaskedLM
    untied = dict(hidden_act="gelu_new", type_vocab_size=3, tie_word_embeddings=False)
    yield "bert-untied", t.BertConfig(**flat, **untied), t.BertForMaskedLM
    yield "roberta", t.RobertaConfig(**flat, type_vocab_size=1), t.RobertaForMaskedLM
    distil = t.DistilBertConfig(
        vocab_size=11,
        dim=8,
        hidden_dim=12,
        n_layers=2,
        n_heads=2,
        max_position_embeddings=16,
        activation="relu",
    )
    yield "distilbert", distil, t.DistilBertForMaskedLM
    labels = dict(num_labels=3)
    for name, config, start in (
        ("bert", t.BertConfig(**flat), "Bert"),
        ("roberta", t.RobertaConfig(**flat, type_vocab_size=1), "Roberta"),
        ("distilbert", distil, "DistilBert"),
    ):
        yield name + "-embedding", config, getattr(t, start + "Model")
        for task in ("Sequence", "Token"):
            labelled = type(config)(**{**config.to_dict(), **labels})
            yield f"{name}-{task.lower()}", labelled, getattr(t, f"{start}For{task}Classification")
        number = type(config)(**{**config.to_dict(), "num_labels": 1})
        yield f"{name}-number", number, getattr(t, f"{start}ForSequenceClassification")
    three = t.BertConfig(**flat, **labels)
    yield "bert-pair", three, t.BertForSequenceClassification


def images():
    t = transformers
    sizes = {k: SIZES[k] for k in ("hidden_size", "intermediate_size", "num_hidden_layers")}
    sizes.update(num_attention_heads=2, num_labels=3)
    yield "vit", t.ViTConfig(**sizes, image_size=7, patch_size=3), t.ViTForImageClassification
    grey = dict(num_channels=1, qkv_bias=False, hidden_act="gelu_new", image_size=6, patch_size=2)
    yield "vit-grey", t.ViTConfig(**sizes, **grey), t.ViTForImageClassification
    sizes.update(image_size=6, patch_size=2)
    yield "deit", t.DeiTConfig(**sizes), t.DeiTForImageClassification
    yield "deit-teacher", t.DeiTConfig(**sizes), t.DeiTForImageClassificationWithTeacher


SAVED_NAMES = (
    (".layers.", ".encoder.layer."),
    ("attention.q_proj", "attention.attention.query"),
    ("attention.k_proj", "attention.attention.key"),
    ("attention.v_proj", "attention.attention.value"),
    ("attention.o_proj", "attention.output.dense"),
    ("mlp.fc1", "intermediate.dense"),
    ("mlp.fc2", "output.dense"),
)


def write_of_images(name, config, kind, folder):
    """One image of random pixels; layers go by the names under which they are saved."""
    torch.manual_seed(len(name))
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    with torch.no_grad():
        for key, weight in model.named_parameters():
            gain = 1.0 if "norm" in key and key.endswith("weight") else 0.0
            spread = 0.3 if weight.dim() == 1 else weight[0].numel() ** -0.5
            weight.copy_(gain + spread * torch.randn_like(weight))
    gradients = {}

    def hook(key):
        for ours, saved in SAVED_NAMES:
            key = key.replace(ours, saved)

        def keep(module, given, out):
            whole = out[0].reshape(-1, out[0].shape[-1])
            gradients["reference.gradient." + key] = whole.detach().clone().contiguous()

        return keep

    for key, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and "layers." in key:
            module.register_full_backward_hook(hook(key))
    channels, size = config.num_channels, config.image_size
    bytes = torch.randint(0, 256, (channels, size, size))
    mean, deviation = [0.4, 0.5, 0.6][:channels], [0.2, 0.3, 0.25][:channels]
    scaled = bytes / 255.0 - torch.tensor(mean)[:, None, None]
    scaled = scaled / torch.tensor(deviation)[:, None, None]
    label = torch.tensor([1])
    if name == "deit-teacher":
        # The library computes what it says, which is the mean of two heads, and no loss of it
        said = model(pixel_values=scaled[None]).logits
        loss = torch.nn.functional.cross_entropy(said, label)
    else:
        result = model(pixel_values=scaled[None], labels=label)
        said, loss = result.logits, result.loss
    loss.backward()
    packed = bytes[0]
    for channel in bytes[1:]:
        packed = packed * 256 + channel
    tensors = dict(gradients)
    tensors["reference.logits"] = said.detach().clone().contiguous()
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        tensors.update(load_file(saved + "/model.safetensors"))
        configured = json.load(open(saved + "/config.json"))
    metadata = {
        "config": json.dumps(configured, sort_keys=True),
        "ids": json.dumps(packed.flatten().tolist() + label.tolist()),
        "loss": repr(loss.item()),
        "pixels": json.dumps(dict(factor=1 / 255, mean=mean, deviation=deviation)),
    }
    save_file(tensors, folder / (name + ".safetensors"), metadata)


class ExpertWatch:
    """Sees what the layers of experts read and get back, which are no modules of their own."""

    def __init__(self, model, kept):
        self.kept = kept
        self.names = {}
        self.plain = torch.nn.functional.linear
        mixtral = "mixtral" in model.config.model_type
        for key, module in model.named_modules():
            if isinstance(getattr(module, "gate_up_proj", None), torch.nn.Parameter):
                start = key.replace(".mlp.", ".block_sparse_moe.") if mixtral else key
                ends = ("w1", "w3", "w2") if mixtral else ("gate_proj", "up_proj", "down_proj")
                module.register_forward_pre_hook(self.routed)
                self.names[id(module.gate_up_proj)] = start, ends[:2]
                self.names[id(module.down_proj)] = start, ends[2:]

    def routed(self, module, given):
        self.chosen = given[1]

    def __enter__(self):
        torch.nn.functional.linear = self.linear
        return self

    def __exit__(self, *failure):
        torch.nn.functional.linear = self.plain

    def linear(self, read, weight, bias=None):
        wrote = self.plain(read, weight, bias)
        if id(weight._base) not in self.names:
            return wrote
        start, layers = self.names[id(weight._base)]
        expert = weight.storage_offset() // weight.numel()
        # The library goes through the tokens of each rank in turn
        mask = torch.nn.functional.one_hot(self.chosen, weight._base.shape[0] + 1).permute(2, 1, 0)
        order = torch.argsort(torch.where(mask[expert])[1])
        module = f"{start}.{expert}."
        self.kept[f"reference.input.{module}{layers[0]}"] = read[order].detach().clone()

        def keep(gradient):
            parts = gradient[order].chunk(len(layers), dim=-1)
            for layer, part in zip(layers, parts):
                self.kept[f"reference.gradient.{module}{layer}"] = part.clone().contiguous()

        wrote.register_hook(keep)
        return wrote


def result_width(model):
    """What an encoder's head tells apart; its embedding's width."""
    if not hasattr(model.config, "num_labels") or type(model).__name__.endswith("Model"):
        return model.config.hidden_size
    tokens = "MaskedLM" in type(model).__name__
    return model.config.vocab_size if tokens else model.config.num_labels


def embedded(model, ids):
    """Half the squared distance of a text's embedding from that of a model that differs in a norm."""
    def embedding(of):
        hidden = of(input_ids=ids).last_hidden_state[0]
        return hidden, torch.nn.functional.normalize(hidden.mean(0), dim=0)

    teacher = copy.deepcopy(model)
    with torch.no_grad():
        teacher.embeddings.LayerNorm.weight.neg_()
        target = embedding(teacher)[1]
    hidden, own = embedding(model)
    return hidden, (own - target).square().sum() / 2


def factors(gradients, inputs):
    """Means over the tokens of the window, also of layers that only some of them reach."""
    read = {key.removeprefix("reference.input."): rows for key, rows in gradients.items()
            if key.startswith("reference.input.")}
    read.update(inputs)
    wrote = {key.removeprefix("reference.gradient."): rows for key, rows in gradients.items()
             if key.startswith("reference.gradient.")}
    return {
        f"reference.factor.{of}.{key}": (rows.double().T @ rows.double() / LENGTH).float()
        for of, all in (("A", read), ("G", wrote))
        for key, rows in all.items()
    }


def write(name, config, kind, folder):
    torch.manual_seed(len(name))
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    for dropout in ("embd_pdrop", "attn_pdrop", "resid_pdrop"):
        if hasattr(config, dropout):
            setattr(config, dropout, 0.0)
    if kind is None:
        model = transformers.AutoModelForCausalLM.from_config(config).float().eval()
    else:
        model = kind(config).float().eval()
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if weight.dim() == 1:
                gain = key.endswith("weight") and "gemma" not in name
                weight.copy_((1.0 if gain else 0.0) + 0.3 * torch.randn_like(weight))
            else:
                weight.copy_(torch.randn_like(weight) / weight.shape[-1] ** 0.5)
    gradients = {}
    inputs = {}

    def hook(key):
        def keep(module, given, out):
            gradients["reference.gradient." + key] = out[0].reshape(LENGTH, -1).detach().clone().contiguous()

        return keep

    def reads(key):
        def keep(module, given):
            read = given[0].detach().reshape(LENGTH, -1)
            bias = getattr(module, "bias", None) is not None
            inputs[key] = torch.cat([read, torch.ones(LENGTH, 1)], dim=1) if bias else read.clone()

        return keep

    for key, module in model.named_modules():
        outside = key.endswith(("lm_head", "embed_out"))
        outside = outside if kind is None else "layer." not in key
        if isinstance(module, (torch.nn.Linear, Conv1D)) and not outside:
            module.register_full_backward_hook(hook(key))
            module.register_forward_pre_hook(reads(key))
    # Padding among the tokens would shift the positions of a RoBERTa
    ids = torch.randint(0 if kind is None else 3, 11, (1, LENGTH))
    types, number = None, None
    if name in ("bert-pair", "bert-number"):
        types = torch.tensor([[0] * 3 + [1] * (LENGTH - 3)])
    with ExpertWatch(model, gradients):
        labels = ids if kind is None else torch.randint(0, result_width(model), (1, LENGTH))
        if kind is not None and kind.__name__.endswith("Model"):
            labels[0, 0], labels[0, 1:] = 0, -100
            said, loss = embedded(model, ids)
        elif name.endswith("-number"):
            # The library's loss is the squared error, not half of it
            number = 0.625
            labels[0, 0], labels[0, 1:] = 0, -100
            given = {} if types is None else dict(token_type_ids=types)
            result = model(input_ids=ids, labels=torch.tensor([number]), **given)
            said, loss = result.logits, result.loss / 2
        elif kind is not None and "Sequence" in kind.__name__:
            labels[0, 1:] = -100
            given = {} if types is None else dict(token_type_ids=types)
            result = model(input_ids=ids, labels=labels[:, 0], **given)
            said, loss = result.logits, result.loss
        else:
            if kind is not None:
                labels[0, ::2] = -100
            result = model(input_ids=ids, labels=labels)
            said, loss = result.logits[0], result.loss
        loss.backward()
    tensors = dict(gradients)
    if name in FACTORS:
        tensors.update(factors(gradients, inputs))
    tensors["reference.logits"] = said.detach().clone().contiguous()
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved, save_original_format="merged" not in name)
        tensors.update(load_file(saved + "/model.safetensors"))
    metadata = {
        "config": json.dumps(json.loads(config.to_json_string(use_diff=False)), sort_keys=True),
        "ids": json.dumps(ids[0].tolist()),
        "loss": repr(loss.item()),
    }
    if kind is not None:
        metadata["targets"] = json.dumps([max(-1, each) for each in labels[0].tolist()])
    if types is not None:
        metadata["types"] = json.dumps(types[0].tolist())
    if number is not None:
        metadata["number"] = repr(number)
    configured = json.loads(metadata["config"])
    configured["architectures"] = [type(model).__name__]
    metadata["config"] = json.dumps(configured, sort_keys=True)
    save_file(tensors, folder / (name + ".safetensors"), metadata)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[2:]
    models = [(name, config, None) for name, config in decoders()] + list(encoders())
    for name, config, kind in models + list(images()):
        if wanted and name not in wanted:
            continue
        try:
            reads_images = hasattr(config, "image_size")
            (write_of_images if reads_images else write)(name, config, kind, target)
        except Exception as broken:
            print(name, repr(broken))
            raise
