"""Rewrites a small float encoder to the static int8 form that SparseML exports.

Every MatMul by a constant becomes QuantizeLinear -> MatMulInteger [-> Add int32] -> Cast -> Mul [-> Add float], every
MatMul of two activations the same with two QuantizeLinear, every embedding table u8 behind Gather + DequantizeLinear.
With byte_products a MatMul of two activations is QLinearMatMul -> DequantizeLinear instead, as SparseML wrote it until
the middle of 2022; Transpose and Reshape of the context lie between the two, and in every second layer its bytes go to
the next MatMulInteger as they are.
Ranges of activations come from one run of the float model. The head (whose output has two features) stays float.
"""

import dataclasses

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


@dataclasses.dataclass
class Form:
    signed_weights: bool = False
    weight_zero_point: int = 128  # of unsigned weights
    bias: str = "int32"  # or "float": added after the scale
    per_channel: bool = False
    signed_activations: bool = False
    byte_products: bool = False


def activation_ranges(model, feeds, names):
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    have = {output.name for output in probe.graph.output}
    for name in names - have:
        probe.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(sorted(names), feeds)
    return {name: (float(v.min()), float(v.max())) for name, v in zip(sorted(names), values)}


class Converter:
    def __init__(self, model, feeds, form):
        self.form = form
        self.graph = model.graph
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        for node in model.graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self.nodes = []
        self.quantized = {}
        self.direct_bytes = False  # the last time that bytes were to be quantised
        self.bytes = {}  # values that are bytes by now: scale, names of scale and zero point
        operands = {name for node in model.graph.node if node.op_type == "MatMul"
                    for name in node.input if name not in self.constants}
        if form.byte_products:
            operands |= {node.output[0] for node in model.graph.node
                         if node.op_type == "MatMul" and node.input[1] not in self.constants}
        self.ranges = activation_ranges(model, feeds, operands)

    def add(self, name, array):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def emit(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{output}_{op}", **attributes))
        return output

    def parameters(self, value):
        low, high = self.ranges[value]
        low, high = min(low, 0.0), max(high, 0.0)
        scale = np.float32((high - low) / 255)
        zero = int(np.clip(np.round(-low / scale), 0, 255))
        kind, zero = (np.int8, zero - 128) if self.form.signed_activations else (np.uint8, zero)
        scale_name = self.add(f"{value}_scale", scale)
        zero_name = self.add(f"{value}_zero_point", np.array(zero, kind))
        return scale, scale_name, zero_name

    def quantize(self, value):
        if value in self.quantized:
            return self.quantized[value]
        if value in self.bytes:
            scale, scale_name, zero_name = self.bytes[value]
            self.direct_bytes = not self.direct_bytes
            if self.direct_bytes:
                return value, scale, zero_name
            value = self.emit("DequantizeLinear", [value, scale_name, zero_name], f"{value}_float")
            output = self.emit("QuantizeLinear", [value, scale_name, zero_name], f"{value}_quantized")
            return output, scale, zero_name
        scale, scale_name, zero_name = self.parameters(value)
        output = self.emit("QuantizeLinear", [value, scale_name, zero_name], f"{value}_quantized")
        self.quantized[value] = (output, scale, zero_name)
        return self.quantized[value]

    def weight(self, name):
        w = self.constants[name]
        largest = np.abs(w).max(axis=0) if self.form.per_channel else np.abs(w).max()
        if self.form.signed_weights:
            kind, zero, steps = np.int8, 0, 127
        else:
            kind, zero = np.uint8, self.form.weight_zero_point
            steps = min(zero, 255 - zero)
        scale = (np.maximum(largest, 1e-6) / steps).astype(np.float32)
        quantized = (np.round(w / scale) + zero).astype(kind)
        zeros = np.full(scale.shape, zero, kind)
        return self.add(f"{name}_quantized", quantized), self.add(f"{name}_zero_point", zeros), scale

    def linear(self, product, bias_node):
        x, x_scale, x_zero = self.quantize(product.input[0])
        w, w_zero, w_scale = self.weight(product.input[1])
        output = bias_node.output[0] if bias_node else product.output[0]
        scale = (x_scale * w_scale).astype(np.float32)
        value = self.emit("MatMulInteger", [x, w, x_zero, w_zero], f"{output}_int")
        bias = None
        if bias_node:
            bias = next(self.constants[i] for i in bias_node.input if i in self.constants)
        if bias is not None and self.form.bias == "int32":
            rounded = np.round(bias / scale).astype(np.int32)
            value = self.emit("Add", [value, self.add(f"{output}_bias_int", rounded)], f"{output}_biased")
        value = self.emit("Cast", [value], f"{output}_cast", to=TensorProto.FLOAT)
        scale_name = self.add(f"{output}_rescale", scale)
        if bias is not None and self.form.bias == "float":
            value = self.emit("Mul", [value, scale_name], f"{output}_scaled")
            self.emit("Add", [value, self.add(f"{output}_bias_float", bias)], output)
        else:
            self.emit("Mul", [value, scale_name], output)

    def product(self, node):
        a, a_scale, a_zero = self.quantize(node.input[0])
        b, b_scale, b_zero = self.quantize(node.input[1])
        output = node.output[0]
        value = self.emit("MatMulInteger", [a, b, a_zero, b_zero], f"{output}_int")
        value = self.emit("Cast", [value], f"{output}_cast", to=TensorProto.FLOAT)
        self.emit("Mul", [value, self.add(f"{output}_rescale", np.float32(a_scale * b_scale))], output)

    def byte_product(self, node, is_moved):
        operands = []
        for value in node.input:
            quantized, _, zero_name = self.quantize(value)
            operands += [quantized, f"{value}_scale", zero_name]
        output = node.output[0]
        scale, scale_name, zero_name = self.parameters(output)
        if is_moved:
            self.emit("QLinearMatMul", [*operands, scale_name, zero_name], output)
            self.bytes[output] = scale, scale_name, zero_name
        else:
            value = self.emit("QLinearMatMul", [*operands, scale_name, zero_name], f"{output}_bytes")
            self.emit("DequantizeLinear", [value, scale_name, zero_name], output)

    def embedding(self, node):
        table = self.constants[node.input[0]]
        low, high = min(table.min(), 0), max(table.max(), 0)
        scale = np.float32((high - low) / 255)
        zero = int(np.round(-low / scale))
        quantized = np.clip(np.round(table / scale) + zero, 0, 255).astype(np.uint8)
        output = node.output[0]
        row = self.emit("Gather", [self.add(f"{node.input[0]}_quantized", quantized), node.input[1]], f"{output}_row")
        self.emit("DequantizeLinear", [row, self.add(f"{output}_table_scale", scale),
                                       self.add(f"{output}_table_zero", np.uint8(zero))], output)

    def convert(self):
        readers = {}
        for node in self.graph.node:
            for name in node.input:
                readers.setdefault(name, []).append(node)
        done = set()
        for node in self.graph.node:
            if id(node) in done:
                continue
            if node.op_type == "MatMul":
                weight = self.constants.get(node.input[1])
                if weight is None and self.form.byte_products:
                    self.byte_product(node, readers[node.output[0]][0].op_type in ("Transpose", "Reshape"))
                    continue
                if weight is None:
                    self.product(node)
                    continue
                if weight.shape[1] > 2:
                    after = readers[node.output[0]]
                    biased = len(after) == 1 and after[0].op_type == "Add" and any(
                        i in self.constants for i in after[0].input)
                    self.linear(node, after[0] if biased else None)
                    if biased:
                        done.add(id(after[0]))
                    continue
            if node.op_type == "Gather" and getattr(self.constants.get(node.input[0]), "ndim", 0) == 2 and (
                    self.constants[node.input[0]].dtype == np.float32):
                self.embedding(node)
                continue
            if node.input and node.input[0] in self.bytes:
                self.bytes[node.output[0]] = self.bytes[node.input[0]]
            self.nodes.append(node)
        kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in self.nodes]
        del self.graph.node[:]
        self.graph.node.extend(kept)
        read = {name for node in kept for name in node.input}
        used = [t for t in self.graph.initializer if t.name in read]
        del self.graph.initializer[:]
        self.graph.initializer.extend(used)
        del self.graph.value_info[:]


def to_static_int8(model, feeds, form):
    result = onnx.ModelProto()
    result.CopyFrom(model)
    # Identity nodes that share equal initializers would hide constants.
    names = {t.name: t for t in result.graph.initializer}
    nodes = []
    for node in result.graph.node:
        if node.op_type == "Identity" and node.input[0] in names:
            copy = onnx.TensorProto()
            copy.CopyFrom(names[node.input[0]])
            copy.name = node.output[0]
            result.graph.initializer.append(copy)
        else:
            nodes.append(onnx.NodeProto.FromString(node.SerializeToString()))
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    Converter(result, feeds, form).convert()
    onnx.checker.check_model(result)
    return result


def with_exact_products(model):
    """MatMulInteger as an int32 MatMul: on CPUs without VNNI, ONNX Runtime's own saturates at 16 bits for s8 weights."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    nodes = []
    for node in model.graph.node:
        if node.op_type != "MatMulInteger":
            nodes.append(node)
            continue
        operands = []
        for value, zero in zip(node.input[:2], node.input[2:]):
            for name in (value, zero):
                nodes.append(helper.make_node("Cast", [name], [f"{node.name}/{name}"], to=TensorProto.INT32))
            operands.append(f"{node.name}/{value}/centered")
            nodes.append(helper.make_node("Sub", [f"{node.name}/{value}", f"{node.name}/{zero}"], operands[-1:]))
        nodes.append(helper.make_node("MatMul", operands, node.output))
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    return result
