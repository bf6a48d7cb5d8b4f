#!/usr/bin/env python3
"""Writes inputs and outputs of single ONNX operators, for tests/loader/operator_golden_test.cc.

    make_operator_goldens.py REPOSITORY        (packages: tests/golden/requirements.txt)

One file for each opset, tests/golden/operators/opset_<n>.onnx. Every node is a case of its own: its inputs are
initializers, and the initializer "<output>.expected" is what ONNX Runtime computes for the output (the reference
evaluator of the onnx package where ONNX Runtime lacks the operator for a type, or computes something else). "<output>.tolerance" holds two floats,
absolute and relative: |got - expected| <= absolute + relative * |expected|. ONNX so that our own reader reads it.
"""
import os
import sys
from collections import defaultdict

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

SEED = 20240611
ULP = 2.0 ** -23  # of float32: a correctly rounded operation errs by half of it
HALF_ULP = 2.0 ** -10  # of float16

# ONNX Runtime adds pairs of uint8 x int8 products in saturating 16 bits on CPUs without VNNI: not what ONNX says.
SATURATING = ("MatMulInteger", "QLinearMatMul")

EXACT = (0.0, 0.0)
ROUNDED = (0.0, ULP)  # both sides are within half an ulp of the true value
LIBM = (ULP, 8 * ULP)  # polynomial approximations of ONNX Runtime; absolute near zeros of the function


def sum_tolerance(terms, largest):
    """Both sides sum `terms` products of at most `largest` in some order: at most half an ulp per step, each."""
    return (terms * ULP * terms * largest, ULP)


class Goldens:
    def __init__(self):
        self.random = np.random.default_rng(SEED)
        self.nodes = defaultdict(list)
        self.initializers = defaultdict(list)

    def floats(self, *shape, scale=2.0):
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def integers(self, low, high, *shape, dtype=np.int64):
        return self.random.integers(low, high, shape).astype(dtype)

    def case(self, op, inputs, opset=14, tolerance=EXACT, outputs=1, **attributes):
        """None among the inputs is an omitted optional input."""
        number = len(self.nodes[opset])
        name = f"{op}_{number}"
        input_names = ["" if value is None else f"{name}.input_{i}" for i, value in enumerate(inputs)]
        output_names = [f"{name}.output_{i}" for i in range(outputs)]
        node = helper.make_node(op, input_names, output_names, name=name, **attributes)
        feeds = {n: np.asarray(v) for n, v in zip(input_names, inputs) if v is not None}
        expected = self.compute(node, feeds, opset)
        self.nodes[opset].append(node)
        for input_name, value in feeds.items():
            self.initializers[opset].append(numpy_helper.from_array(value, input_name))
        for output_name, value in zip(output_names, expected):
            self.initializers[opset].append(numpy_helper.from_array(np.asarray(value), output_name + ".expected"))
            self.initializers[opset].append(
                numpy_helper.from_array(np.array(tolerance, np.float32), output_name + ".tolerance"))

    @staticmethod
    def model(nodes, opset, inputs=(), outputs=(), initializers=()):
        graph = helper.make_graph(list(nodes), "operators", list(inputs), list(outputs), list(initializers))
        return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])

    def compute(self, node, feeds, opset):
        inputs = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                  for n, v in feeds.items()]
        outputs = [helper.make_value_info(n, onnx.TypeProto()) for n in node.output]
        model = self.model([node], opset, inputs, outputs)
        model = onnx.shape_inference.infer_shapes(model)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 4
        try:
            if node.op_type in SATURATING:
                raise ValueError("its 16-bit sums saturate")
            session = onnxruntime.InferenceSession(model.SerializeToString(), options)
            return session.run(None, feeds)
        except Exception as error:  # ONNX Runtime raises its own unexported types
            print(f"opset {opset} {node.name}: reference evaluator, because {str(error).splitlines()[0][:100]}")
            return ReferenceEvaluator(model).run(None, feeds)

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        for opset, nodes in sorted(self.nodes.items()):
            model = self.model(nodes, opset, initializers=self.initializers[opset])
            path = os.path.join(folder, f"opset_{opset}.onnx")
            onnx.save(model, path)
            print(f"{path}: {len(nodes)} cases, {os.path.getsize(path)} bytes")


def shape_cases(g):
    x = g.floats(2, 3, 4)
    for opset in (11, 14, 19):
        g.case("Shape", [x], opset)
        g.case("Size", [x], opset)
        g.case("Identity", [x], opset)
        g.case("Flatten", [x], opset)
        g.case("Transpose", [x], opset)
    g.case("Shape", [x], 15, start=1)
    g.case("Shape", [x], 15, start=-2, end=-1)
    g.case("Shape", [x], 15, start=2, end=1)
    for axis in (0, 2, 3, -1):
        g.case("Flatten", [x], axis=axis)
    for target in ([4, 6], [0, -1], [2, 0, 2, 2], [-1], [1, 24, 1]):
        g.case("Reshape", [x, np.array(target, np.int64)])
    g.case("Reshape", [g.floats(0, 3), np.array([3, 0], np.int64)], allowzero=1)
    for permutation in ([0, 2, 1], [2, 0, 1], [1, 0, 2]):
        g.case("Transpose", [x], perm=permutation)
    g.case("Transpose", [x.astype(np.float16)], perm=[1, 2, 0])
    g.case("Transpose", [g.integers(0, 9, 2, 5, dtype=np.int8)])
    g.case("Transpose", [g.floats(3, 0, 2)])
    one = g.floats(1, 3, 1, 2)
    g.case("Squeeze", [one], 11)
    g.case("Squeeze", [one], 11, axes=[0, -2])
    g.case("Squeeze", [one, np.array([2], np.int64)], 13)
    g.case("Squeeze", [one], 13)
    g.case("Unsqueeze", [x], 11, axes=[0, -1])
    g.case("Unsqueeze", [x, np.array([3, 1], np.int64)], 13)
    g.case("Unsqueeze", [np.float32(3), np.array([0], np.int64)], 13)
    g.case("Dropout", [x], 11)
    g.case("Dropout", [x], 13, outputs=2)
    g.case("Dropout", [x, np.float32(0.1), np.array(False)], 13)


def movement_cases(g):
    x = g.floats(4, 5, 3)
    one_d = lambda *values: np.array(values, np.int64)
    for axis in (0, 1, -1):
        g.case("Gather", [x, g.integers(-3, 3, 2, 2)], axis=axis)
        g.case("Gather", [x, np.int64(-1)], axis=axis)
    g.case("Gather", [x, np.array([2, 0], np.int32)])
    g.case("Gather", [x.astype(np.float16), one_d(1)])
    g.case("Gather", [np.array([True, False, True]), one_d(2, 1)])
    g.case("GatherElements", [x, g.integers(-5, 5, 4, 2, 3)], axis=1)
    g.case("GatherElements", [x, g.integers(0, 4, 2, 5, 3)], axis=0)
    data = g.floats(4, 3)
    g.case("ScatterND", [data, np.array([[1], [-1]]), g.floats(2, 3)])
    g.case("ScatterND", [data, np.array([[[0, 1], [3, -1]]]), g.floats(1, 2)])
    g.case("GatherND", [data, np.array([[1], [-1]])])
    g.case("GatherND", [data, np.array([[[0, 1]], [[3, -1]]])])
    g.case("GatherND", [x, g.integers(-5, 5, 4, 2, 1)], batch_dims=1)
    g.case("GatherND", [g.integers(0, 2, 3, 4, dtype=bool), g.integers(0, 3, 2, 5, 2)])
    g.case("Slice", [x, one_d(1), one_d(3)])
    g.case("Slice", [x, one_d(0, 1), one_d(100, -1), one_d(2, 1)])
    g.case("Slice", [x, one_d(-1, -1), one_d(-100, 0), one_d(0, 1), one_d(-1, -2)])
    g.case("Slice", [x, one_d(3), one_d(1), one_d(1)])
    g.case("Slice", [x, np.array([1], np.int32), np.array([5], np.int32), np.array([-2], np.int32),
                     np.array([2], np.int32)])
    g.case("Slice", [x, one_d(0), one_d(np.iinfo(np.int64).max), one_d(1), one_d(np.iinfo(np.int64).max)])
    g.case("Slice", [x, one_d(-1), one_d(np.iinfo(np.int64).min), one_d(1), one_d(-3)])
    for axis in (0, 1, -1):
        other = list(x.shape)
        other[axis] = 2
        g.case("Concat", [x, g.floats(*other), x], axis=axis)
    g.case("Concat", [g.floats(0, 3), g.floats(2, 3)], axis=0)
    g.case("Split", [g.floats(2, 6)], 11, outputs=3, axis=1)
    g.case("Split", [g.floats(2, 6)], 11, outputs=2, axis=-1, split=[4, 2])
    g.case("Split", [g.floats(6, 2), one_d(1, 0, 5)], 13, outputs=3)
    g.case("Split", [g.floats(7, 2)], 18, outputs=3, num_outputs=3)
    g.case("Expand", [g.floats(3, 1), one_d(2, 1, 4)])
    g.case("Expand", [g.floats(2, 1, 3), one_d(5, 1)])
    g.case("Expand", [np.float32(2), one_d(2, 2)])
    g.case("Tile", [g.floats(2, 3), one_d(2, 3)])
    g.case("Tile", [g.floats(2, 3), one_d(0, 1)])
    for upper in (0, 1):
        for k in (None, -1, 2, 9, -9):
            inputs = [g.floats(2, 3, 4)] + ([] if k is None else [np.int64(k)])
            g.case("Trilu", inputs, upper=upper)
    condition = g.integers(0, 2, 3, 1, dtype=bool)
    for dtype in (np.float32, np.int64, np.uint8):
        g.case("Where", [condition, g.integers(0, 9, 1, 4, dtype=dtype), np.array(3, dtype)])


def constant_cases(g):
    for opset in (11, 13):
        g.case("Constant", [], opset, value=numpy_helper.from_array(g.floats(2, 2)))
    g.case("Constant", [], 13, value_float=1.5)
    g.case("Constant", [], 13, value_floats=[1.5, -2.0])
    g.case("Constant", [], 13, value_int=7)
    g.case("Constant", [], 13, value_ints=[7, -8])
    g.case("ConstantOfShape", [np.array([2, 3], np.int64)])
    g.case("ConstantOfShape", [np.array([2], np.int64)], value=numpy_helper.from_array(np.array([True])))
    g.case("ConstantOfShape", [np.array([], np.int64)], value=numpy_helper.from_array(np.array([-7], np.int64)))
    for dtype in (np.int64, np.int32, np.float32):
        g.case("Range", [np.array(v, dtype) for v in (2, 11, 3)])
        g.case("Range", [np.array(v, dtype) for v in (5, -4, -2)])
        g.case("Range", [np.array(v, dtype) for v in (5, 5, 1)])


def cast_cases(g):
    values = {
        np.float32: np.array([0, -0.0, 1.5, -2.7, 100.49, 0.1, 65504, 1e-7], np.float32),
        np.float64: np.array([0, 1.5, -2.7, 1 / 3, 1e300], np.float64),
        np.float16: np.array([0, 1.5, -2.7, 6e-8, 100.4], np.float16),
        np.int64: np.array([0, 1, -1, 100, 1 << 40], np.int64),
        np.int32: np.array([0, 1, -1, 100, 2 ** 31 - 1], np.int32),
        np.int8: np.array([0, 1, -128, 127], np.int8),
        np.uint8: np.array([0, 1, 255], np.uint8),
        np.bool_: np.array([True, False]),
    }
    for source, value in values.items():
        for target in values:
            # Values outside the target are left open by ONNX.
            if np.issubdtype(target, np.integer) and source is not np.bool_:
                bounds = np.iinfo(target)
                wide = value.astype(np.float64)
                value_in = value[(wide >= float(bounds.min)) & (wide <= float(bounds.max)) & (wide > -128)]
            else:
                value_in = value
            if target is np.float16:
                value_in = value_in[np.abs(value_in.astype(np.float64)) <= 65504]
            g.case("Cast", [value_in], to=helper.np_dtype_to_tensor_dtype(np.dtype(target)))
    g.case("CastLike", [np.array([1.7], np.float32), np.array([1], np.int64)], 15)


def arithmetic_cases(g):
    pairs = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((3, 1), (2, 1, 4)), ((1,), (3, 2)), ((), (2, 3)),
             ((2, 1, 3, 1, 2), (4, 1, 5, 1)), ((0, 3), (1, 3))]
    for op in ("Add", "Sub", "Mul", "Div"):
        for a, b in pairs:
            g.case(op, [g.floats(*a), g.floats(*b)])
        for dtype in (np.int32, np.int64, np.float64):
            a = g.integers(-50, 50, 3, 4, dtype=dtype)
            b = g.integers(1, 9, 4, dtype=dtype) * np.array([1, -1, 1, -1], dtype)
            g.case(op, [a, b])
        g.case(op, [g.floats(3, 4).astype(np.float16), (np.abs(g.floats(4)) + 1).astype(np.float16)],
               tolerance=(0, HALF_ULP))
    for dtype in (np.int32, np.int64):
        a, b = np.array([7, -7, 7, -7, 6], dtype), np.array([3, 3, -3, -3, 3], dtype)
        g.case("Mod", [a, b])
        g.case("Mod", [a, b], fmod=1)
    g.case("Mod", [np.array([7.5, -7.5], np.float32), np.array([2, 2], np.float32)], fmod=1)
    positive = np.abs(g.floats(2, 4)) + np.float32(0.1)
    for exponent in (2.0, 0.5, -1.0, 3.0, 0.0):
        g.case("Pow", [positive, np.float32(exponent)], tolerance=LIBM)
    g.case("Pow", [g.floats(2, 4), np.array([2, 3, 2, 1], np.float32)], tolerance=LIBM)
    g.case("Pow", [g.floats(4), np.int64(2)], tolerance=LIBM)
    g.case("Pow", [np.array([2, -3], np.int64), np.array([10, 3], np.int64)])
    nan = np.array([np.nan, 1, 2, -np.inf], np.float32)
    for op in ("Min", "Max"):
        g.case(op, [g.floats(2, 3)])
        g.case(op, [g.floats(2, 3), g.floats(3), g.floats(2, 1)])
        g.case(op, [g.integers(-9, 9, 2, 3), np.int64(0)])
        g.case(op, [nan, np.zeros(4, np.float32)])
        g.case(op, [np.zeros(4, np.float32), nan])


def unary_cases(g):
    x = np.concatenate([g.floats(20), np.array([0, -0.0, 1, -1, 20, -20, 1e-6], np.float32)])
    positive = np.abs(x) + np.float32(1e-3)
    for op in ("Neg", "Abs", "Sign", "Relu", "Floor", "Ceil"):
        g.case(op, [x])
    for op in ("Neg", "Abs", "Sign"):
        g.case(op, [g.integers(-9, 9, 6)])
    g.case("Round", [np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6], np.float32)])
    g.case("Sqrt", [positive], tolerance=ROUNDED)
    g.case("Reciprocal", [positive], tolerance=ROUNDED)
    for op in ("Exp", "Erf", "Tanh", "Sigmoid", "Sin", "Cos"):
        g.case(op, [x], tolerance=LIBM)
    g.case("Log", [positive], tolerance=LIBM)
    g.case("Exp", [x[:5].astype(np.float64)], tolerance=LIBM)
    g.case("Tanh", [x.astype(np.float16)], tolerance=(1e-7, HALF_ULP))
    for approximate in ("none", "tanh"):
        # x * (1 + erf(x)) cancels for negative x: the absolute error of 1 + erf is an ulp of 1, times |x| <= 20.
        g.case("Gelu", [x], 20, tolerance=(20 * ULP, 8 * ULP), approximate=approximate)
    g.case("IsNaN", [np.array([np.nan, 1, np.inf], np.float32)])
    low, high = np.float32(-1), np.float32(0.5)
    g.case("Clip", [x], 11)
    g.case("Clip", [x, low], 11)
    g.case("Clip", [x, None, high], 12)
    g.case("Clip", [x, low, high], 13)
    g.case("Clip", [g.integers(-9, 9, 5), np.int64(-2), np.int64(4)], 13)


def logic_cases(g):
    a, b = g.integers(0, 3, 2, 3), g.integers(0, 3, 3)
    for op in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        for dtype in (np.int64, np.int32, np.float32):
            g.case(op, [a.astype(dtype), b.astype(dtype)], 16)
        g.case(op, [np.array([np.nan, 1, 0], np.float32), np.array([np.nan, np.inf, -0.0], np.float32)])
    p, q = g.integers(0, 2, 2, 3, dtype=bool), g.integers(0, 2, 3, dtype=bool)
    for op in ("And", "Or", "Xor", "Equal"):
        g.case(op, [p, q])
    g.case("Not", [p])


def reduction_cases(g):
    x = g.floats(3, 4, 5)
    largest = float(np.max(np.abs(x)))
    for opset in (11, 13, 18):
        for op in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceL2"):
            as_input = opset >= 18 or (op == "ReduceSum" and opset >= 13)
            for axes in ([-1], [0], [1, 2], [0, 2], None):
                for keepdims in (0, 1):
                    terms = 60 if axes is None else int(np.prod([x.shape[a] for a in axes]))
                    product = op == "ReduceProd"
                    tolerance = ((0, 2 * terms * ULP) if product
                                 else sum_tolerance(terms, largest ** 2 if "S" in op[7:] or "L2" in op else largest))
                    if op in ("ReduceMax", "ReduceMin"):
                        tolerance = EXACT
                    attributes = {"keepdims": keepdims}
                    inputs = [x]
                    if axes is not None and as_input:
                        inputs.append(np.array(axes, np.int64))
                    elif axes is not None:
                        attributes["axes"] = axes
                    if keepdims == 1 and axes in ([0], [1, 2]) and opset != 18:
                        continue  # enough of these
                    g.case(op, inputs, opset, tolerance=tolerance, **attributes)
    g.case("ReduceSum", [x], 13, noop_with_empty_axes=1)
    g.case("ReduceSum", [g.integers(-9, 9, 3, 4), np.array([1], np.int64)], 13)
    g.case("ReduceMean", [g.integers(-9, 9, 3, 4, dtype=np.int32)], 13, axes=[1])
    g.case("ReduceMax", [g.integers(-9, 9, 3, 4)], 13, axes=[0])
    g.case("CumSum", [x, np.int64(1)], tolerance=sum_tolerance(5, largest))
    for exclusive in (0, 1):
        for reverse in (0, 1):
            g.case("CumSum", [g.integers(0, 5, 2, 4), np.int32(-1)], exclusive=exclusive, reverse=reverse)
    ties = g.integers(0, 3, 4, 5, dtype=np.float32)
    for op in ("ArgMax", "ArgMin"):
        for last in (0, 1):
            g.case(op, [ties], 13, axis=1, keepdims=last, select_last_index=last)
        g.case(op, [ties], 13)


def normalization_cases(g):
    x = g.floats(2, 3, 7, scale=4)
    for opset, axes in ((11, (0, 1, 2, -1)), (13, (0, 1, 2, -1))):
        for axis in axes:
            terms = int(np.prod(x.shape[axis:])) if opset == 11 else x.shape[axis]
            # Each power errs by a few ulp, the sum by one per term.
            g.case("Softmax", [x], opset, tolerance=(1e-30, (terms + 16) * ULP), axis=axis)
            g.case("LogSoftmax", [x], opset, tolerance=((terms + 64) * ULP, 8 * ULP), axis=axis)
        g.case("Softmax", [x], opset, tolerance=(1e-30, (21 + 16) * ULP))
    g.case("Softmax", [np.array([[-np.inf, 0, 1], [1e30, -1e30, 0]], np.float32)], tolerance=(1e-30, 19 * ULP))
    for axis in (-1, 1):
        width = x.shape[axis:] if axis > 0 else x.shape[-1:]
        terms = int(np.prod(width))
        tolerance = ((2 * terms + 16) * ULP * 8, 16 * ULP)
        g.case("LayerNormalization", [x, g.floats(*width), g.floats(*width)], 17, tolerance=tolerance, axis=axis,
               epsilon=1e-12)
        g.case("LayerNormalization", [x, g.floats(*width)], 17, tolerance=tolerance, axis=axis)


def matrix_cases(g):
    shapes = [((2, 3), (3, 4)), ((5,), (5,)), ((5,), (5, 2)), ((3, 5), (5,)), ((2, 3, 4), (4, 5)),
              ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((3, 4), (2, 4, 3)), ((2, 0), (0, 3)),
              ((2, 70), (70, 131))]
    for a, b in shapes:
        x, y = g.floats(*a), g.floats(*b)
        largest = float(np.max(np.abs(x), initial=0) * np.max(np.abs(y), initial=0))
        g.case("MatMul", [x, y], tolerance=sum_tolerance(a[-1], largest))
        as_integers = [(v * 5).astype(np.int64) for v in (x, y)]
        g.case("MatMul", as_integers)
        if len(a) >= 2 and len(b) >= 2 and a[-1] > 0:
            u8, s8 = g.integers(0, 256, *a, dtype=np.uint8), g.integers(-128, 128, *b, dtype=np.int8)
            g.case("MatMulInteger", [u8, s8])
            g.case("MatMulInteger", [u8, s8, np.uint8(131), np.int8(-3)])
            g.case("MatMulInteger", [u8, g.integers(0, 256, *b, dtype=np.uint8), np.uint8(3), np.uint8(128)])
    a, b = g.integers(0, 256, 3, 4, dtype=np.uint8), g.integers(-128, 128, 4, 5, dtype=np.int8)
    g.case("MatMulInteger", [a, b, np.uint8(7), g.integers(-5, 5, 5, dtype=np.int8)])
    scale = lambda *values: np.array(values, np.float32)
    g.case("QLinearMatMul", [a, np.float32(0.02), np.uint8(120), b, np.float32(0.01), np.int8(1), np.float32(0.05),
                             np.uint8(99)])
    g.case("QLinearMatMul", [a, np.float32(0.02), np.uint8(120), b, scale(0.01, 0.02, 0.03, 0.005, 0.007),
                             np.zeros(5, np.int8), np.float32(0.05), np.uint8(99)])
    for trans_a in (0, 1):
        for trans_b in (0, 1):
            x = g.floats(*((4, 3) if trans_a else (3, 4)))
            y = g.floats(*((5, 4) if trans_b else (4, 5)))
            tolerance = sum_tolerance(6, 40.0)
            g.case("Gemm", [x, y, g.floats(5)], tolerance=tolerance, transA=trans_a, transB=trans_b)
            g.case("Gemm", [x, y, g.floats(3, 1)], tolerance=tolerance, transA=trans_a, transB=trans_b, alpha=0.5,
                   beta=2.0)
            g.case("Gemm", [x, y], tolerance=tolerance, transA=trans_a, transB=trans_b)


def quantization_cases(g):
    ties = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 300, -300, 127.4, 1e30, -1e30], np.float32)
    for zero in (np.uint8(0), np.uint8(128), np.int8(0), np.int8(-7)):
        g.case("QuantizeLinear", [ties, np.float32(1), zero])
        g.case("QuantizeLinear", [g.floats(50), np.float32(0.037), zero])
    g.case("QuantizeLinear", [g.floats(5), np.float32(0.1)])
    g.case("QuantizeLinear", [g.floats(2, 3, 4), np.array([0.1, 0.2, 0.3], np.float32), np.array([1, 2, 3], np.uint8)],
           axis=1)
    g.case("QuantizeLinear", [g.floats(2, 3), np.array([0.1, 0.2], np.float32), np.array([-1, 2], np.int8)], axis=-2)
    for dtype, low, high in ((np.uint8, 0, 256), (np.int8, -128, 128)):
        g.case("DequantizeLinear", [g.integers(low, high, 9, dtype=dtype), np.float32(0.037), np.array(5, dtype)])
        g.case("DequantizeLinear", [g.integers(low, high, 2, 3, dtype=dtype), np.array([0.1, 0.2, 0.3], np.float32),
                                    np.array([1, 2, 3], dtype)])
    g.case("DequantizeLinear", [g.integers(-1000000, 1000000, 9, dtype=np.int32), np.float32(0.001)])
    g.case("DequantizeLinear", [g.integers(0, 9, 3, 2, dtype=np.uint8), np.array([0.1, 0.2, 0.3], np.float32)], axis=0)
    for values in (g.floats(20), np.abs(g.floats(20)), -np.abs(g.floats(20)), np.zeros(3, np.float32)):
        g.case("DynamicQuantizeLinear", [values], outputs=3)


def main():
    goldens = Goldens()
    for cases in (shape_cases, movement_cases, constant_cases, cast_cases, arithmetic_cases, unary_cases, logic_cases,
                  reduction_cases, normalization_cases, matrix_cases, quantization_cases):
        cases(goldens)
    goldens.write(os.path.join(sys.argv[1], "tests", "golden", "operators"))


if __name__ == "__main__":
    main()
