#!/usr/bin/env python3
"""Makes tests/data/encoders: small encoders in every exported form that the loader must recognise, with the outputs of
ONNX Runtime.

    python3 -m venv venv && venv/bin/pip install -r tests/golden/requirements-fixtures.txt
    venv/bin/python tests/golden/make_fixtures.py

For each fixture, NAME.onnx is the model and NAME.golden.onnx holds, as initializers, a batch of sequences padded at the
end (input_ids, attention_mask, token_type_ids where the model has them) and each output of the model. An output holds,
for every sequence, what ONNX Runtime gives for that sequence alone without padding; its padded part is zero. Integer products are computed in 32 bits, as ONNX defines them, and products of dequantised numbers
as floats.
"""

import io
import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from qdq_form import has_pairs, products_of_activations, to_qdq  # noqa: E402
from sparseml_form import Form, to_static_int8, with_exact_products  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "encoders"
VOCABULARY = 60
POSITIONS = 24
LENGTHS = (9, 4, 1, 7)


def bert_config(attention, **changes):
    shape = dict(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                 intermediate_size=64, max_position_embeddings=POSITIONS)
    config = transformers.BertConfig(**(shape | changes))
    config._attn_implementation = attention
    return config


def distilbert_config(attention, **changes):
    shape = dict(vocab_size=VOCABULARY, dim=36, n_layers=2, n_heads=3, hidden_dim=52,
                 max_position_embeddings=POSITIONS)
    config = transformers.DistilBertConfig(**(shape | changes))
    config._attn_implementation = attention
    return config


def randomize(model, seed):
    """Weights of a scale at which every part of the model matters; two thirds of each large matrix are zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 1:
                parameter.copy_(0.1 * noise + (1 if "norm" in name.lower() and "weight" in name else 0))
                continue
            if "embedding" in name:
                parameter.copy_(0.6 * noise)
                continue
            if min(parameter.shape) > 2:
                noise[torch.rand(parameter.shape, generator=generator) < 0.66] = 0
                noise *= 1.7
            parameter.copy_(1.5 * noise / parameter.shape[1] ** 0.5)


class Wrapper(torch.nn.Module):
    """Positional inputs and a tuple of outputs, as exporters want them."""

    def __init__(self, model, inputs, outputs):
        super().__init__()
        self.model = model
        self.input_names = inputs
        self.output_names = outputs

    def forward(self, *tensors):
        result = self.model(**dict(zip(self.input_names, tensors)))
        return tuple(getattr(result, name) for name in self.output_names)


def export(model, exporter, opset, inputs, outputs):
    wrapper = Wrapper(model.eval(), inputs, outputs)
    sample = tuple(torch.ones(2, 6, dtype=torch.long) for _ in inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            buffer = io.BytesIO()
            axes = {name: {0: "batch", 1: "sequence"} for name in inputs}
            axes |= {name: {0: "batch"} if name == "logits" else {0: "batch", 1: "sequence"} for name in outputs}
            torch.onnx.export(wrapper, sample, buffer, input_names=inputs, output_names=outputs,
                              opset_version=opset, dynamo=False, dynamic_axes=axes)
            proto = onnx.load_from_string(buffer.getvalue())
        else:
            batch = torch.export.Dim("batch", min=1, max=64)
            tokens = torch.export.Dim("sequence", min=2, max=POSITIONS)
            shapes = {"tensors": tuple({0: batch, 1: tokens} for _ in inputs)}
            proto = torch.onnx.export(wrapper, sample, input_names=inputs, output_names=outputs,
                                      opset_version=opset, dynamo=True, dynamic_shapes=shapes,
                                      verbose=False).model_proto
    return stripped(proto)


def stripped(proto):
    """Without documentation and traces: they are most of a dynamo export and nobody reads them."""
    proto.ClearField("doc_string")
    proto.ClearField("metadata_props")
    graph = proto.graph
    graph.ClearField("doc_string")
    graph.ClearField("value_info")
    graph.ClearField("metadata_props")
    for thing in [*graph.node, *graph.initializer, *graph.input, *graph.output]:
        thing.ClearField("doc_string")
        if hasattr(thing, "metadata_props"):
            thing.ClearField("metadata_props")
    return proto


def as_half(proto):
    """Matrices stored as float16 behind a Cast, as in the bundled float models."""
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    casts = []
    for tensor in result.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and array.ndim == 2 and min(array.shape) > 2:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(array.astype(np.float16), name + "_fp16"))
            casts.append(helper.make_node("Cast", [name + "_fp16"], [name], name=name + "_cast", to=TensorProto.FLOAT))
    nodes = casts + [onnx.NodeProto.FromString(n.SerializeToString()) for n in result.graph.node]
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    return result


def with_short_names(proto):
    """Half of a small encoder are names."""
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    graph = result.graph
    short = {"": ""} | {value.name: value.name for value in [*graph.input, *graph.output]}
    for tensor in graph.initializer:
        tensor.name = short.setdefault(tensor.name, f"c{len(short)}")
    for number, node in enumerate(graph.node):
        node.name = f"n{number}"
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"v{len(short)}") for name in names]
    return result


def batch(inputs, seed):
    generator = np.random.default_rng(seed)
    shape = (len(LENGTHS), max(LENGTHS))
    mask = np.array([[int(t < length) for t in range(shape[1])] for length in LENGTHS])
    types = np.array([[int(t > length // 2) for t in range(shape[1])] for length in LENGTHS])
    feeds = {"input_ids": generator.integers(1, VOCABULARY, shape) * mask, "attention_mask": mask,
             "token_type_ids": types * mask}
    return {name: feeds[name].astype(np.int64) for name in inputs}


def goldens(proto, feeds):
    exact = with_exact_products(proto)
    options = onnxruntime.SessionOptions()
    if has_pairs(proto):  # with optimisations integers are multiplied, in 16 bits on CPUs without VNNI
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(exact.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    full = session.run(names, feeds)
    results = {name: np.zeros_like(value) for name, value in zip(names, full)}
    for row, length in enumerate(LENGTHS):
        alone = session.run(names, {name: value[row:row + 1, :length] for name, value in feeds.items()})
        for name, value in zip(names, alone):
            results[name][row, :length if value.ndim > 1 and value.shape[1] == length else None] = value[0]
    return results


def write(name, proto, seed):
    inputs = [i.name for i in proto.graph.input]
    feeds = batch(inputs, seed)
    results = goldens(proto, feeds)
    onnx.save(proto, FOLDER / f"{name}.onnx")
    arrays = [numpy_helper.from_array(value, key) for key, value in (feeds | results).items()]
    outputs = [helper.make_tensor_value_info(a.name, a.data_type, a.dims) for a in arrays]
    graph = helper.make_graph([], "golden", [], outputs, arrays)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)]), FOLDER / f"{name}.golden.onnx")
    spread = {key: round(float(np.abs(value).max()), 3) for key, value in results.items()}
    print(f"{name}: {(FOLDER / f'{name}.onnx').stat().st_size} bytes, {len(proto.graph.node)} nodes, largest {spread}",
          flush=True)


BERT_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
SHORT_INPUTS = ["input_ids", "attention_mask"]
QA_OUTPUTS = ["start_logits", "end_logits"]


def bert(seed, attention, kind=transformers.BertForQuestionAnswering, **changes):
    model = kind(bert_config(attention, **changes))
    randomize(model, seed)
    return model


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    eager = bert(1, "eager")
    base = export(eager, "legacy", 14, BERT_INPUTS, QA_OUTPUTS)
    write("legacy14_eager", base, 1)
    write("legacy14_eager_fp16", as_half(base), 1)
    write("legacy12_eager", export(eager, "legacy", 12, BERT_INPUTS, QA_OUTPUTS), 1)
    narrow = dict(hidden_size=48, num_attention_heads=4, intermediate_size=40, num_hidden_layers=1)
    write("legacy17_sdpa", export(bert(2, "sdpa", **narrow), "legacy", 17, BERT_INPUTS, QA_OUTPUTS), 2)
    write("dynamo18_eager", export(bert(3, "eager"), "dynamo", 18, BERT_INPUTS, QA_OUTPUTS), 3)
    scaled = export(bert(4, "sdpa", **narrow), "dynamo", 18, BERT_INPUTS, QA_OUTPUTS)
    write("dynamo18_sdpa", scaled, 4)
    write("dynamo20_sdpa", export(bert(5, "sdpa"), "dynamo", 20, BERT_INPUTS, QA_OUTPUTS), 5)

    distilbert = transformers.DistilBertForQuestionAnswering(distilbert_config("eager"))
    randomize(distilbert, 6)
    write("distilbert_legacy14", export(distilbert, "legacy", 14, SHORT_INPUTS, QA_OUTPUTS), 6)
    write("distilbert_dynamo18", export(distilbert, "dynamo", 18, SHORT_INPUTS, QA_OUTPUTS), 6)
    write("bert_without_types", export(bert(7, "eager", num_hidden_layers=1), "legacy", 14, SHORT_INPUTS, QA_OUTPUTS), 7)
    classifier = bert(8, "sdpa", transformers.BertForSequenceClassification, num_labels=3, num_hidden_layers=1)
    write("classifier_dynamo18", export(classifier, "dynamo", 18, BERT_INPUTS, ["logits"]), 8)

    feeds = batch(BERT_INPUTS, 1)
    write("int8_u8", to_static_int8(base, feeds, Form()), 1)
    write("int8_s8_float_bias", to_static_int8(base, feeds, Form(signed_weights=True, bias="float")), 1)
    write("int8_u8_zero_point_120",
          to_static_int8(base, feeds, Form(weight_zero_point=120, per_channel=True)), 1)
    write("int8_signed_activations", to_static_int8(base, feeds, Form(signed_activations=True)), 1)
    write("int8_byte_products", with_short_names(to_static_int8(base, feeds, Form(byte_products=True))), 1)

    write("qdq_onnxruntime", to_qdq(base, feeds, ["MatMul"], per_channel=True), 1)
    write("qdq_float_weights", to_qdq(base, feeds, ["MatMul"], weights_as_float=True, activation_type=QuantType.QUInt8), 1)
    write("qdq_sdpa_tables", to_qdq(scaled, batch(BERT_INPUTS, 4), ["MatMul", "Gather"]), 4)
    write("qdq_results", to_qdq(base, feeds, ["MatMul"], results=True, nodes_to_exclude=products_of_activations(base)), 1)
    write("qdq_sdpa_results", to_qdq(scaled, batch(BERT_INPUTS, 4), ["MatMul"], results=True), 4)

    one = dict(num_hidden_layers=1)
    write("unrecognised_relu",
          export(bert(9, "eager", hidden_act="relu", **one), "legacy", 14, BERT_INPUTS, QA_OUTPUTS), 9)


if __name__ == "__main__":
    main()
