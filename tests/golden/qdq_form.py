"""Quantises a small float encoder with ONNX Runtime's quantize_static: Q/DQ pairs on the operands of every MatMul.

Its pairs on results are left out unless asked for. A value that a MatMul reads is read rounded by everybody, also by
the residual sum.
"""

import pathlib
import tempfile

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static


class OneBatch(CalibrationDataReader):
    def __init__(self, feeds):
        self.batches = iter([feeds])

    def get_next(self):
        return next(self.batches, None)


def products_of_activations(model):
    constants = {t.name for t in model.graph.initializer}
    return [node.name for node in model.graph.node if node.op_type == "MatMul" and node.input[1] not in constants]


def to_qdq(model, feeds, operators, weights_as_float=False, results=False, **options):
    with tempfile.TemporaryDirectory() as folder:
        source, target = (pathlib.Path(folder) / name for name in ("float.onnx", "qdq.onnx"))
        onnx.save(model, source)
        extra = {"OpTypesToExcludeOutputQuantization": [] if results else operators,
                 "AddQDQPairToWeight": weights_as_float}
        quantize_static(source, target, OneBatch(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=operators,
                        extra_options=extra, **options)
        result = onnx.load(target)
    del result.graph.value_info[:]
    onnx.checker.check_model(result)
    return result


def has_pairs(model):
    """True when a float product reads dequantised numbers."""
    dequantised = {node.output[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    return any(node.op_type == "MatMul" and dequantised.intersection(node.input) for node in model.graph.node)
