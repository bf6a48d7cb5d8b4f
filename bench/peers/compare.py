#!/usr/bin/env python3
"""Whole models in filigree and in other engines, taking turns in one run.

usage: compare.py --build BUILD --cpu N CASE...

A case is NAME=LENGTHS:ENGINE=MODEL,ENGINE=MODEL,... with the sequence lengths of one batch joined by +, for example
  dense-fp32=128:filigree=base90,openvino=base-dense,onnxruntime=base-dense
Engines: filigree, filigree-ISA (filigree-avx2), openvino, onnxruntime, each on one core. Prints Markdown: minimum and
lower quartile of the times, ratios to the first engine of the case, and the peaks of the core in the same run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time


class Filigree:
    """bench/model_time answers a line of lengths with seconds."""

    def __init__(self, build, model, isa):
        command = [f"{build}/bench/model_time", model, "--cores=1"]
        if isa:
            command.append(f"--isa={isa}")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, lengths):
        self.process.stdin.write(" ".join(map(str, lengths)) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def random_inputs(names, lengths):
    """A padded batch, as these engines need it; nothing is padded when all lengths are equal."""
    import numpy

    generator = numpy.random.default_rng(1)
    longest = max(lengths)
    mask = numpy.zeros((len(lengths), longest), numpy.int64)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    ids = generator.integers(1000, 2000, mask.shape) * mask
    values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
    return {name: values[name] for name in names}


class OnnxRuntime:
    def __init__(self, model):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            f"{model}/model.onnx", options, providers=["CPUExecutionProvider"])

    def seconds(self, lengths):
        inputs = random_inputs([value.name for value in self.session.get_inputs()], lengths)
        start = time.perf_counter()
        self.session.run(None, inputs)
        return time.perf_counter() - start


class OpenVino:
    def __init__(self, model):
        import openvino

        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
        core = openvino.Core()
        self.model = core.compile_model(core.read_model(f"{model}/model.onnx"), "CPU", settings)
        self.request = self.model.create_infer_request()

    def seconds(self, lengths):
        inputs = random_inputs([value.get_any_name() for value in self.model.inputs], lengths)
        start = time.perf_counter()
        self.request.infer(inputs)
        return time.perf_counter() - start


class Peaks:
    """bench/peak_time answers the name of a loop with operations per second."""

    def __init__(self, build):
        self.process = subprocess.Popen(
            [f"{build}/bench/peak_time"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.best = {}

    def sample(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        if line != "none":
            self.best[name] = max(self.best.get(name, 0.0), float(line))


def engine(kind, model, build):
    if kind == "openvino":
        return OpenVino(model)
    if kind == "onnxruntime":
        return OnnxRuntime(model)
    if kind == "filigree" or kind.startswith("filigree-"):
        return Filigree(build, model, kind.removeprefix("filigree").removeprefix("-"))
    sys.exit(f"compare.py: unknown engine '{kind}', expected filigree, filigree-ISA, openvino or onnxruntime")


def parse_case(text):
    try:
        name, rest = text.split("=", 1)
        lengths, engines = rest.split(":", 1)
        pairs = [entry.split("=", 1) for entry in engines.split(",")]
        return name, [int(length) for length in lengths.split("+")], [(kind, model) for kind, model in pairs]
    except ValueError:
        sys.exit(f"compare.py: case '{text}', expected NAME=LENGTHS:ENGINE=MODEL,...")


def run_case(text, arguments, peaks):
    name, lengths, kinds = parse_case(text)
    engines = [engine(kind, model, arguments.build) for kind, model in kinds]
    times = [[] for _ in engines]
    for each in engines:
        each.seconds(lengths)  # the first call allocates
    for _ in range(arguments.repetitions):
        for loop in ("fma", "r", "vnni"):
            peaks.sample(loop)
        for index, each in enumerate(engines):
            times[index].append(each.seconds(lengths))
    first = min(times[0])
    shown = "+".join(map(str, lengths)) if len(lengths) <= 4 else f"{len(lengths)} sequences"
    for (kind, model), measured in zip(kinds, times):
        quartile = statistics.quantiles(measured, n=4)[0]
        print(f"| {name} | {shown} | {kind} | {os.path.basename(model)} | {min(measured) * 1e3:.2f} | "
              f"{quartile * 1e3:.2f} | {min(measured) / first:.2f} |", flush=True)


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    return f"{fields['model name']}, family {fields['cpu family']} model {fields['model']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--cpu", type=int, default=0, help="the core that everything runs on")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("cases", nargs="+")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.cpu})
    import onnxruntime
    import openvino

    print(f"{cpu_model()}; ONNX Runtime {onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}; "
          f"{arguments.repetitions} repetitions, in turn; GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '')}\n")
    print("| case | tokens | engine | model | minimum ms | lower quartile ms | over the first |")
    print("|---|---|---|---|---|---|---|")
    peaks = Peaks(arguments.build)
    for case in arguments.cases:
        run_case(case, arguments, peaks)
    print("\nPeaks, maximum of the samples between the repetitions: " +
          ", ".join(f"{name} {rate / 1e9:.0f} Gop/s" for name, rate in peaks.best.items()))


if __name__ == "__main__":
    main()
