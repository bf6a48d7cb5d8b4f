"""The engines of compare.py: each is made once and then asked for the seconds of one batch."""
import subprocess
import sys
import time


class Asked:
    """A program of bench/ that answers each line with seconds."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"compare.py: {self.process.args[0]} ended; its message is above")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Filigree(Asked):
    def __init__(self, build, model, isa):
        super().__init__(f"{build}/bench/model_time", model, "--cores=1", *([f"--isa={isa}"] if isa else []))

    def seconds(self, lengths):
        return float(self.ask(" ".join(map(str, lengths))))


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


class InProcess:
    """An engine that is called from here: infer(inputs) is timed, nothing else."""

    def seconds(self, lengths):
        inputs = self.prepare(random_inputs(lengths))
        start = time.perf_counter()
        self.infer(inputs)
        return time.perf_counter() - start

    def close(self):
        pass


class OnnxRuntime(InProcess):
    def __init__(self, model):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            f"{model}/model.onnx", options, providers=["CPUExecutionProvider"])

    def prepare(self, inputs):
        return {value.name: inputs[value.name] for value in self.session.get_inputs()}

    def infer(self, inputs):
        return self.session.run(None, inputs)


class OpenVino(InProcess):
    def __init__(self, model):
        import openvino

        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
        core = openvino.Core()
        self.model = core.compile_model(core.read_model(f"{model}/model.onnx"), "CPU", settings)
        self.request = self.model.create_infer_request()

    def prepare(self, inputs):
        return {value.get_any_name(): inputs[value.get_any_name()] for value in self.model.inputs}

    def infer(self, inputs):
        return self.request.infer(inputs)


class Torch(InProcess):
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


class FiligreeAttention(Asked):
    """Attention of one layer alone; `shape` is heads x head size."""

    def __init__(self, build, shape):
        super().__init__(f"{build}/bench/attention_time", *shape.split("x"))

    def seconds(self, lengths):
        return float(self.ask(str(lengths[0])))


class TorchAttention(InProcess):
    """torch.nn.functional.scaled_dot_product_attention of the same shape."""

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


NAMES = "filigree, filigree-ISA, openvino, onnxruntime, torch, filigree-attention or torch-attention"


def make(kind, model, build):
    peers = {"openvino": OpenVino, "onnxruntime": OnnxRuntime, "torch": Torch, "torch-attention": TorchAttention}
    if kind in peers:
        return peers[kind](model)
    if kind == "filigree-attention":
        return FiligreeAttention(build, model)
    if kind == "filigree" or kind.startswith("filigree-"):
        return Filigree(build, model, kind.removeprefix("filigree").removeprefix("-"))
    sys.exit(f"compare.py: unknown engine '{kind}', expected {NAMES}")
