#!/usr/bin/env python3
"""One peer as a program of its own, so that environment variables hold for it alone.

usage: peer.py ENGINE MODEL

Reads lines of sequence lengths, "128" or "384 17 90", and answers each with the seconds of one batch. Engines: openvino,
onnxruntime and torch take the folder of a model, torch-attention HEADSxSIZE, ENGINE-linear OUTPUTSxINPUTS (linears.py),
tokenizers FOLDER:TEXTS.
"""
import sys
import time

import linears


def random_inputs(lengths):
    """A padded batch, as these engines need it; nothing is padded when all lengths are equal."""
    import numpy

    generator = numpy.random.default_rng(1)
    longest = max(lengths)
    mask = numpy.zeros((len(lengths), longest), numpy.int64)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    ids = generator.integers(1000, 2000, mask.shape) * mask
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}


class Bert:
    """infer(inputs) is timed, nothing else."""

    def seconds(self, lengths):
        inputs = self.prepare(random_inputs(lengths))
        start = time.perf_counter()
        self.infer(inputs)
        return time.perf_counter() - start


class OnnxRuntime(Bert):
    def __init__(self, model):
        self.session = linears.onnxruntime_session(f"{model}/model.onnx")

    def prepare(self, inputs):
        return {value.name: inputs[value.name] for value in self.session.get_inputs()}

    def infer(self, inputs):
        return self.session.run(None, inputs)


class OpenVino(Bert):
    def __init__(self, model):
        self.model = linears.openvino_model(f"{model}/model.onnx")
        self.request = self.model.create_infer_request()

    def prepare(self, inputs):
        return {value.get_any_name(): inputs[value.get_any_name()] for value in self.model.inputs}

    def infer(self, inputs):
        return self.request.infer(inputs)


class Torch(Bert):
    def __init__(self, model):
        import torch
        import torch_model

        torch.set_num_threads(1)
        self.model = torch_model.Bert(f"{model}/model.onnx")

    def prepare(self, inputs):
        import torch

        return [torch.from_numpy(inputs[name]) for name in ("input_ids", "attention_mask", "token_type_ids")]

    def infer(self, inputs):
        return self.model(*inputs)


class TorchAttention:
    """torch.nn.functional.scaled_dot_product_attention of one layer."""

    def __init__(self, shape):
        import torch

        torch.set_num_threads(1)
        self.shape = [int(number) for number in shape.split("x")]

    def seconds(self, lengths):
        import torch

        heads, head_size = self.shape
        q, k, v = torch.rand(3, 1, heads, lengths[0], head_size).unbind(0)
        with torch.inference_mode():
            start = time.perf_counter()
            torch.nn.functional.scaled_dot_product_attention(q, k, v)
            return time.perf_counter() - start


class Tokenizers:
    """Hugging Face's tokenizers, without its Python binding: all texts less as many empty ones. `model` is FOLDER:TEXTS."""

    def __init__(self, model):
        import tokenizers

        folder, texts = model.split(":")
        self.tokenizer = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        with open(texts, encoding="utf-8") as file:
            self.texts = file.read().splitlines()

    def encode(self, texts):
        start = time.perf_counter()
        self.tokenizer.encode_batch(texts)
        return time.perf_counter() - start

    def seconds(self, _):
        return self.encode(self.texts) - self.encode([""] * len(self.texts))


ENGINES = {"openvino": OpenVino, "onnxruntime": OnnxRuntime, "torch": Torch, "torch-attention": TorchAttention,
           "tokenizers": Tokenizers,
           **{f"{name}-linear": engine for name, engine in linears.ENGINES.items()}}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ENGINES:
        sys.exit(f"peer.py: {sys.argv[1:]}, expected ENGINE MODEL with one of {', '.join(ENGINES)}")
    engine = ENGINES[sys.argv[1]](sys.argv[2])
    for line in sys.stdin:
        print(f"{engine.seconds([int(length) for length in line.split()]):.9f}", flush=True)


if __name__ == "__main__":
    main()
