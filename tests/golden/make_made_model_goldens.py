#!/usr/bin/env python3
"""Runs every model of tests/data/made_models/models.json in ONNX Runtime and keeps what it computed.

    venv/bin/python tests/golden/make_made_model_goldens.py build/release/filigree

`filigree make-model` makes each model in a temporary folder from the flags of the list. NAME.golden.onnx then holds, as
initializers, the ids (and token types) of two sequences of different length, each output that ONNX Runtime gives for
them, and `fingerprint`, the FNV-1a hash of model.onnx: the test makes the same bytes again. Integer products are
computed in 32 bits, as ONNX defines them; the model as it is must run too.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from sparseml_form import with_exact_products  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "made_models"
LENGTHS = (11, 3)


def fingerprint(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def session_of(proto):
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])


def feeds_of(session, vocabulary, length, generator):
    every = {"input_ids": generator.integers(5, vocabulary, (1, length)),
             "attention_mask": np.ones((1, length)),
             "token_type_ids": np.arange(length)[None] > length // 2}
    return {i.name: every[i.name].astype(np.int64) for i in session.get_inputs()}


def vocabulary_of(folder):
    return json.loads((folder / "config.json").read_text())["vocab_size"]


def golden(name, folder):
    data = (folder / "model.onnx").read_bytes()
    proto = onnx.load_from_string(data)
    onnx.checker.check_model(proto, full_check=True)
    exact, plain = session_of(with_exact_products(proto)), session_of(proto)
    arrays = {"fingerprint": np.frombuffer(fingerprint(data).to_bytes(8, "little"), np.int64)}
    generator = np.random.default_rng(0)
    largest = difference = 0.0
    for number, length in enumerate(LENGTHS):
        feeds = feeds_of(exact, vocabulary_of(folder), length, generator)
        for key, short in (("input_ids", "ids"), ("token_type_ids", "type_ids")):
            if key in feeds:
                arrays[f"{short}_{number}"] = feeds[key]
        outputs = [output.name for output in exact.get_outputs()]
        for output, value, other in zip(outputs, exact.run(outputs, feeds), plain.run(outputs, feeds)):
            arrays[f"{output}_{number}"] = value
            largest = max(largest, float(np.abs(value).max()))
            difference = max(difference, float(np.abs(value - other).max()))
    tensors = [numpy_helper.from_array(value, key) for key, value in arrays.items()]
    infos = [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in tensors]
    graph = helper.make_graph([], "golden", [], infos, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)]), FOLDER / f"{name}.golden.onnx")
    print(f"{name}: {len(data)} bytes, largest output {largest:.3f}, ONNX Runtime with its own integer kernels differs "
          f"by {difference:.2g}", flush=True)


def main():
    program = sys.argv[1]
    for model in json.loads((FOLDER / "models.json").read_text()):
        with tempfile.TemporaryDirectory() as parent:
            folder = pathlib.Path(parent) / "model"
            subprocess.run([program, "make-model", "--output", str(folder), *model["flags"].split()], check=True,
                           stdout=subprocess.DEVNULL)
            golden(model["name"], folder)


if __name__ == "__main__":
    main()
