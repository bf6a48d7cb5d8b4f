"""One dense fp32 linear layer, y = x W^T + b, in each peer, with weights packed beforehand where the peer can do so.

Inputs and outputs stay where they are from call to call, so that nothing is copied. Each engine is checked against numpy
in double precision before it is timed.
"""
import sys
import time


def onnxruntime_session(model):
    """model: path or bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def openvino_model(model):
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
    core = openvino.Core()
    return core.compile_model(core.read_model(model), "CPU", settings)


def onnx_bytes(x, weights, bias):
    """One MatMul with constant weights and an Add, of the fixed shape of x."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("MatMul", ["x", "weights"], ["product"]), helper.make_node("Add", ["product", "bias"], ["y"])]
    graph = helper.make_graph(
        nodes, "linear", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (x.shape[0], weights.shape[0]))],
        [numpy_helper.from_array(weights.T.copy(), "weights"), numpy_helper.from_array(bias, "bias")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


class OpenVino:
    def __init__(self, x, weights, bias):
        import openvino

        self.model = openvino_model(onnx_bytes(x, weights, bias))
        self.request = self.model.create_infer_request()
        self.x = x  # the tensor does not hold it
        self.request.set_input_tensor(openvino.Tensor(x, shared_memory=True))

    def run(self):
        self.request.infer(share_outputs=True)

    def result(self):
        return self.request.get_output_tensor().data


class OnnxRuntime:
    def __init__(self, x, weights, bias):
        import numpy

        self.session = onnxruntime_session(onnx_bytes(x, weights, bias))
        self.y = numpy.empty((x.shape[0], weights.shape[0]), numpy.float32)
        self.binding = self.session.io_binding()
        for bind, name, array in ((self.binding.bind_input, "x", x), (self.binding.bind_output, "y", self.y)):
            bind(name, "cpu", 0, numpy.float32, array.shape, array.ctypes.data)
        self.x = x  # bound by address

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def result(self):
        return self.y


class Torch:
    """torch.nn.functional.linear, which calls MKL."""

    def __init__(self, x, weights, bias):
        import torch

        torch.set_num_threads(1)
        self.x, self.weights, self.bias = (torch.from_numpy(array) for array in (x, weights, bias))

    def run(self):
        import torch

        with torch.inference_mode():
            self.y = torch.nn.functional.linear(self.x, self.weights, self.bias)

    def result(self):
        return self.y.numpy()


class OneDnn(Torch):
    """oneDNN's inner product with weights in the layout that it asks for, through PyTorch."""

    def __init__(self, x, weights, bias):
        import torch

        super().__init__(x, weights, bias)
        self.weights = torch.ops.mkldnn._reorder_linear_weight(self.weights, x.shape[0])

    def run(self):
        import torch

        with torch.inference_mode():
            self.y = torch.ops.mkldnn._linear_pointwise(self.x, self.weights, self.bias, "none", [], "")


class OpenBlas:
    """sgemm of the OpenBLAS inside numpy, without the bias. It computes y^T = W x^T, which is the faster way there."""

    def __init__(self, x, weights, bias):
        import numpy

        blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
        if "openblas" not in blas:
            sys.exit(f"peer.py: numpy uses {blas}, expected OpenBLAS")
        self.x, self.weights, self.bias = numpy.ascontiguousarray(x.T), weights, bias
        self.y = numpy.empty((weights.shape[0], x.shape[0]), numpy.float32)

    def run(self):
        import numpy

        numpy.matmul(self.weights, self.x, out=self.y)

    def result(self):
        return self.y.T + self.bias


class Linear:
    """Makes an engine for each number of tokens that is asked for."""

    def __init__(self, engine, shape):
        self.engine = engine
        self.outputs, self.inputs = (int(number) for number in shape.split("x"))
        self.made = {}

    def make(self, tokens):
        import numpy

        generator = numpy.random.default_rng(1)
        x, weights, bias = (generator.uniform(0.5, 1.0, shape).astype(numpy.float32) for shape in
                            ((tokens, self.inputs), (self.outputs, self.inputs), (self.outputs,)))
        engine = self.engine(x, weights, bias)
        engine.run()
        expected = x.astype(float) @ weights.T.astype(float) + bias
        # All terms are positive: a rounding each, relative to the sum.
        off = numpy.max(numpy.abs(engine.result() - expected) / expected)
        if off > 2.0 ** -24 * (self.inputs + 2):
            sys.exit(f"peer.py: {self.engine.__name__} is {off} from the reference")
        return engine

    def seconds(self, lengths):
        tokens = lengths[0]
        if tokens not in self.made:
            self.made[tokens] = self.make(tokens)
        engine = self.made[tokens]
        engine.run()  # the caches are then as the layer itself leaves them
        start = time.perf_counter()
        engine.run()
        return time.perf_counter() - start


ENGINES = {name: lambda shape, engine=engine: Linear(engine, shape)
           for name, engine in (("openvino", OpenVino), ("onnxruntime", OnnxRuntime), ("torch", Torch), ("onednn", OneDnn),
                                ("openblas", OpenBlas))}
