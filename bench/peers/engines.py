"""The engines of compare.py: programs that are started once and then asked for the seconds of one batch."""
import os
import subprocess
import sys

# What can follow the name of an engine, `openvino+huge`: environment ({build} is the build folder) and what the table says.
HIDE = "{build}/bench/peers/libhide_cpu.so"
VARIANTS = {
    "huge": ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}, "huge pages"),
    "vnni": ({"LD_PRELOAD": HIDE, "HIDE_CPU": "vnni"}, "VNNI only"),
    "avx2": ({"LD_PRELOAD": HIDE, "HIDE_CPU": "avx2"}, "AVX2 only"),
}
# One thread, whatever the peer reads it from.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
              "TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}
# What a user may have set is not measured.
NOT_INHERITED = {name for settings, _ in VARIANTS.values() for name in settings} | {
    "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_CORETYPE"}


class Asked:
    """A program that answers each line with seconds."""

    def __init__(self, *command, settings=None):
        environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment | ONE_THREAD | (settings or {}))

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"compare.py: {' '.join(self.process.args)} ended; its message is above")
        return answer

    def seconds(self, lengths):
        return float(self.ask(" ".join(map(str, lengths))))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def shown(kind):
    """`openvino+huge` as the table has it: `openvino, huge pages`."""
    name, *variants = kind.split("+")
    return ", ".join([name, *(VARIANTS[variant][1] for variant in variants)])


def make(kind, model, build):
    name, *variants = kind.split("+")
    unknown = [variant for variant in variants if variant not in VARIANTS]
    if unknown:
        sys.exit(f"compare.py: engine '{kind}': unknown '+{unknown[0]}', expected one of {', '.join(VARIANTS)}")
    settings = {key: value.format(build=os.path.abspath(build))
                for variant in variants for key, value in VARIANTS[variant][0].items()}
    commands = {"filigree": [f"{build}/bench/model_time", model, "--cores=1"],
                "filigree-attention": [f"{build}/bench/attention_time", *model.split("x")],
                "filigree-tokenizer": [f"{build}/bench/tokenizer_time", *model.split(":")],
                "filigree-linear": [f"{build}/bench/linear_time", *model.split("x")]}
    peer = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py"), name, model]
    return Asked(*commands.get(name, peer), settings=settings)
