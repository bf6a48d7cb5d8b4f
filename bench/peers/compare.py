#!/usr/bin/env python3
"""filigree and other engines, taking turns in one run.

usage: compare.py [--build BUILD] [--cpu N] [--repetitions N] [--save FILE] CASE...

A case is NAME=LENGTHS:ENGINE=MODEL,ENGINE=MODEL,... with the sequence lengths of one batch joined by +, for example
  dense-fp32=128:filigree=base90,openvino=base-dense,openvino+huge=base-dense
Engines of whole models: filigree, openvino, onnxruntime, torch. Of attention alone, with HEADSxSIZE in place of a model:
filigree-attention, torch-attention. Of one dense fp32 linear layer, with OUTPUTSxINPUTS: filigree-linear, openvino-linear,
onnxruntime-linear, onednn-linear, torch-linear, openblas-linear. Of tokenizers, with
FOLDER:TEXTS (a text on each line): filigree-tokenizer, tokenizers. Each is a process of its own on one core. It has memory
as it gets it by default, ENGINE+huge asks for huge pages; it uses every instruction set, ENGINE+vnni and ENGINE+avx2 see a
processor that ends there (hide_cpu.cc).
Prints minimum and lower quartile of the times, ratios to the first engine of the case, and the peaks of the core in the
same run. --save puts the cases into a file of report.py, in place of earlier ones of that name and length.
"""

import argparse
import os
import statistics
import sys

import engines
import report


def parse_case(text):
    try:
        name, rest = text.split("=", 1)
        lengths, kinds = rest.split(":", 1)
        pairs = [entry.split("=", 1) for entry in kinds.split(",")]
        return name, [int(length) for length in lengths.split("+")], [(kind, model) for kind, model in pairs]
    except ValueError:
        sys.exit(f"compare.py: case '{text}', expected NAME=LENGTHS:ENGINE=MODEL,...")


def sample_peaks(program, best):
    for loop in report.PEAKS:
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
    return [{"case": name, "tokens": shown, "engine": engines.shown(kind), "model": os.path.basename(model),
             "minimum": min(measured), "quartile": statistics.quantiles(measured, n=4, method="inclusive")[0],
             "ratio": min(measured) / min(times[0])}
            for (kind, model), measured in zip(kinds, times)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--cpu", type=int, default=0, help="the core that everything runs on")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--save", help="file of cases")
    parser.add_argument("cases", nargs="+")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.cpu})

    program = engines.Asked(f"{arguments.build}/bench/peak_time")
    print("\n".join(report.HEAD), flush=True)
    for case in arguments.cases:
        best = {}
        rows = run_case(case, arguments, lambda: sample_peaks(program, best))
        print("\n".join(map(report.table_line, rows)) + "\n" + report.peaks_line(best), flush=True)
        if arguments.save:
            report.save_case(arguments.save, {"rows": rows, "peaks": best, "repetitions": arguments.repetitions,
                                              "machine": report.machine(), "commit": report.commit()})
    program.close()


if __name__ == "__main__":
    main()
