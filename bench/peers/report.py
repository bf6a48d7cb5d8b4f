#!/usr/bin/env python3
"""What compare.py --save has measured, as Markdown and as bars.

usage: report.py FILE [--results MARKDOWN]

Prints the table. --results puts it between the two lines of MARKDOWN that mark this processor, which come behind those of
other processors if there are none yet, and draws the bars beside: peers/results-family-6-model-167.svg.
"""
import argparse
import importlib.metadata
import json
import os
import re
import subprocess
import sys

import engines
import plot

BEGIN, END = "<!-- bench/peers/run writes from here, {} -->", "<!-- to here, {} -->"
HUGE = ", " + engines.VARIANTS["huge"][1]
TABLE_HEAD = ["| case, tokens | engine | as installed: minimum ms (lower quartile) | over filigree | huge pages: ms | over filigree |",
              "|---|---|---|---|---|---|"]
PEAKS = {"fma": "FMA", "r": "FMA fed from L1", "vnni": "VNNI"}
HEAD = ["| case | tokens | engine | model | minimum ms | lower quartile ms | over the first |", "|---|---|---|---|---|---|---|"]


def table_line(row):
    minimum, quartile = (f"{row[key] * 1e3:.4g}" for key in ("minimum", "quartile"))
    return (f"| {row['case']} | {row['tokens']} | {row['engine']} | {row['model']} | {minimum} | {quartile} | "
            f"{row['ratio']:.2f} |")


def peaks_line(best):
    return ", ".join(f"{PEAKS[name]} {rate / 1e9:.0f} Gop/s" for name, rate in best.items() if rate > 0)


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
    for package in ("openvino", "onnxruntime", "torch", "numpy", "tokenizers"):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(found)


def machine():
    return f"{cpu_model()}, one core; {versions()}"


def read_cases(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save_case(path, case):
    """Cases keep the order in which they first came."""
    cases = read_cases(path)
    cases[f"{case['rows'][0]['case']}, {case['rows'][0]['tokens']}"] = case
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, indent=1)


def by_pages(case):
    """The rows of an engine as it is installed and with huge pages, by its name."""
    pairs = {}
    for row in case["rows"]:
        name = row["engine"].removesuffix(HUGE)
        pairs.setdefault(name, {})["huge" if name != row["engine"] else "installed"] = row
    return pairs


def cell(row):
    return f"{row['minimum'] * 1e3:.4g} ({row['quartile'] * 1e3:.4g}) | {row['ratio']:.2f}" if row else "|"


def markdown(cases):
    machines, commits = (sorted({case[key] for case in cases}) for key in ("machine", "commit"))
    repetitions = [case["repetitions"] for case in cases]
    best = {name: max(case["peaks"].get(name, 0.0) for case in cases) for name in PEAKS}
    lines = [f"| {case['rows'][0]['case']}, {case['rows'][0]['tokens']} | {name} | {cell(rows.get('installed'))} | {cell(rows.get('huge'))} |"
             for case in cases for name, rows in by_pages(case).items()]
    return [*machines, f"filigree {', '.join(commits)}; {min(repetitions)} to {max(repetitions)} repetitions, in turn", "",
            *TABLE_HEAD, *lines, "",
            f"Peaks of that core, maximum of the samples between the repetitions: {peaks_line(best)}."]


def processor(cases):
    """`family 6 model 167`, of which there has to be one."""
    found = {re.search(r"family \d+ model \d+", case["machine"]).group() for case in cases}
    if len(found) > 1:
        sys.exit(f"report.py: cases of {' and '.join(sorted(found))}; take a file for each")
    return found.pop()


def put_into(path, name, text):
    """Replaces what stands between the two marks of a processor in a Markdown file."""
    begin, end = BEGIN.format(name), END.format(name)
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    if begin not in whole:
        others = list(re.finditer(END.format(".*"), whole))
        if not others:
            sys.exit(f"report.py: {path} has no line '{begin}', nor that of another processor")
        place = others[-1].end()
        whole = f"{whole[:place]}\n\n{begin}\n{end}{whole[place:]}"
    if end not in whole:
        sys.exit(f"report.py: {path} has '{begin}' and no '{end}'")
    with open(path, "w", encoding="utf-8") as file:
        file.write(whole[:whole.index(begin) + len(begin)] + "\n" + text + whole[whole.index(end):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", help="file of compare.py --save")
    parser.add_argument("--results", help="Markdown file whose marked part is replaced")
    arguments = parser.parse_args()
    cases = list(read_cases(arguments.cases).values())
    if not cases:
        sys.exit(f"report.py: {arguments.cases} has no cases")
    name = processor(cases)
    lines = markdown(cases)
    print("\n".join(lines))
    if arguments.results:
        bars = f"results-{name.replace(' ', '-')}.svg"
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), bars), "w", encoding="utf-8") as file:
            file.write(plot.draw([row for case in cases for row in case["rows"]], cases[-1]["machine"]))
        put_into(arguments.results, name, "\n".join([*lines, "", f"![the same as bars](peers/{bars})"]) + "\n")


if __name__ == "__main__":
    main()
