#!/usr/bin/env python3
"""Whole models in filigree and in other engines, taking turns in one run.

usage: compare.py [--build BUILD] [--cpu N] [--repetitions N] [--svg FILE] [--results FILE] CASE...

A case is NAME=LENGTHS:ENGINE=MODEL,ENGINE=MODEL,... with the sequence lengths of one batch joined by +, for example
  dense-fp32=128:filigree=base90,openvino=base-dense,onnxruntime=base-dense,torch=base-dense
Engines: filigree, filigree-ISA (filigree-avx2), openvino, onnxruntime, torch, each on one core with its own best
instruction set; filigree-attention and torch-attention take HEADSxSIZE in place of a model. Prints Markdown: minimum and
lower quartile of the times, ratios to the first engine of the case, and the peaks of the core in the same run. --results
puts that text between the two lines of FILE that mark it, --svg draws it.
"""

import argparse
import importlib.metadata
import os
import statistics
import subprocess
import sys

import engines
import plot

BEGIN, END = "<!-- bench/peers/run writes from here -->", "<!-- to here -->"
PEAKS = {"fma": "FMA", "r": "FMA fed from L1", "vnni": "VNNI"}


def parse_case(text):
    try:
        name, rest = text.split("=", 1)
        lengths, kinds = rest.split(":", 1)
        pairs = [entry.split("=", 1) for entry in kinds.split(",")]
        return name, [int(length) for length in lengths.split("+")], [(kind, model) for kind, model in pairs]
    except ValueError:
        sys.exit(f"compare.py: case '{text}', expected NAME=LENGTHS:ENGINE=MODEL,...")


def sample_peaks(program, best):
    for loop in PEAKS:
        answer = program.ask(loop)
        if answer != "none":
            best[loop] = max(best.get(loop, 0.0), float(answer))


def run_case(text, arguments, sample):
    name, lengths, kinds = parse_case(text)
    made = [engines.make(kind, model, arguments.build) for kind, model in kinds]
    times = [[] for _ in made]
    for engine in made:
        engine.seconds(lengths)  # the first call allocates
    for _ in range(arguments.repetitions):
        sample()
        for index, engine in enumerate(made):
            times[index].append(engine.seconds(lengths))
    for engine in made:
        engine.close()
    shown = "+".join(map(str, lengths)) if len(lengths) <= 4 else f"{len(lengths)} sequences"
    return [{"case": name, "tokens": shown, "engine": kind, "model": os.path.basename(model), "minimum": min(measured),
             "quartile": statistics.quantiles(measured, n=4, method="inclusive")[0], "ratio": min(measured) / min(times[0])}
            for (kind, model), measured in zip(kinds, times)]


def table_line(row):
    return (f"| {row['case']} | {row['tokens']} | {row['engine']} | {row['model']} | {row['minimum'] * 1e3:.2f} | "
            f"{row['quartile'] * 1e3:.2f} | {row['ratio']:.2f} |")


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    return f"{fields['model name']}, family {fields['cpu family']} model {fields['model']}"


def commit():
    folder = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", folder, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown commit"


def versions():
    found = []
    for package in ("openvino", "onnxruntime", "torch"):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(found)


def put_into(path, text):
    """Replaces what stands between the two marks of a Markdown file."""
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    if BEGIN not in whole or END not in whole:
        sys.exit(f"compare.py: {path} has no lines '{BEGIN}' and '{END}'")
    with open(path, "w", encoding="utf-8") as file:
        file.write(whole[:whole.index(BEGIN) + len(BEGIN)] + "\n" + text + whole[whole.index(END):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--cpu", type=int, default=0, help="the core that everything runs on")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--svg", help="draw the bars into this file")
    parser.add_argument("--results", help="Markdown file whose marked part is replaced")
    parser.add_argument("cases", nargs="+")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.cpu})

    machine = f"{cpu_model()}, one core; filigree {commit()}, {versions()}"
    lines = [f"{machine}; {arguments.repetitions} repetitions, in turn; "
             f"GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '')}", "",
             "| case | tokens | engine | model | minimum ms | lower quartile ms | over the first |",
             "|---|---|---|---|---|---|---|"]
    print("\n".join(lines), flush=True)
    program = engines.Asked(f"{arguments.build}/bench/peak_time")
    best, rows = {}, []
    for case in arguments.cases:
        for row in run_case(case, arguments, lambda: sample_peaks(program, best)):
            rows.append(row)
            lines.append(table_line(row))
            print(lines[-1], flush=True)
    program.close()
    lines += ["", "Peaks of that core, maximum of the samples between the repetitions: " +
              ", ".join(f"{PEAKS[name]} {rate / 1e9:.0f} Gop/s" for name, rate in best.items()) + "."]
    print("\n".join(lines[-2:]))
    if arguments.svg:
        with open(arguments.svg, "w", encoding="utf-8") as file:
            file.write(plot.draw(rows, machine))
        lines += ["", f"![the same as bars](peers/{os.path.basename(arguments.svg)})"]
    if arguments.results:
        put_into(arguments.results, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
