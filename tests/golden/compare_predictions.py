#!/usr/bin/env python3
"""Answers of filigree against those of the reference, question by question.

    compare_predictions.py REFERENCE.jsonl PREDICTIONS.jsonl DIFFERENCES.jsonl [--int8]

REFERENCE is what reference_qa.py wrote, PREDICTIONS what `filigree eval squad --predictions` wrote. A different answer must
be a tie or a rounding: the reference's own margin between its two best answers must be at most twice the largest difference
of scores seen where both give the same span (each of the two answers can move by that much). That difference is itself
bounded: 1e-4 of the largest score in fp32; in int8 a rounding can move an activation by a whole step, so 10 % of the largest
score. Writes every differing answer; exit code 1 when one is not explained or the bound is broken.
"""
import argparse
import json
import sys


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Comparison:
    def __init__(self, reference, predictions, int8):
        expected = {row["id"]: row for row in reference}
        got = {row["id"]: row for row in predictions}
        assert set(got) == set(expected), f"{len(got)} answers, expected {len(expected)}"
        same = [abs(got[i]["score"] - row["score"]) for i, row in expected.items()
                if (got[i]["start"], got[i]["end"]) == (row["start"], row["end"])]
        self.questions = len(expected)
        self.noise = max(same)
        self.median = sorted(same)[len(same) // 2]
        self.largest = max(abs(row["score"]) for row in expected.values())
        self.bound = (0.1 if int8 else 1e-4) * self.largest
        self.differences = [
            {"id": i, "filigree": got[i]["answer"], "score": got[i]["score"], "reference": row["answer"],
             "reference_score": round(row["score"], 6), "margin": row["margin"]}
            for i, row in expected.items() if got[i]["answer"] != row["answer"]]

    def is_explained(self, difference):
        return difference["margin"] is not None and difference["margin"] <= 2 * self.noise

    def failures(self):
        failures = [f"not explained: {d}" for d in self.differences if not self.is_explained(d)]
        if self.noise > self.bound:
            failures.append(f"scores differ by {self.noise}, bound {self.bound}")
        return failures

    def summary(self):
        margins = sorted(d["margin"] for d in self.differences if self.is_explained(d))
        text = (f"{len(self.differences)} of {self.questions} answers differ; scores of the same span differ by at most "
                f"{self.noise:.6f} of {self.largest:.2f}, half of them by less than {self.median:.1e}")
        if margins:
            text += f"; margins of the differing answers: median {margins[len(margins) // 2]:.3f}, largest {margins[-1]:.3f}"
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("predictions")
    parser.add_argument("differences")
    parser.add_argument("--int8", action="store_true")
    args = parser.parse_args()
    comparison = Comparison(read_lines(args.reference), read_lines(args.predictions), args.int8)
    with open(args.differences, "w", encoding="utf-8") as out:
        for difference in sorted(comparison.differences, key=lambda d: d["id"]):
            out.write(json.dumps(difference, ensure_ascii=False) + "\n")
    print(comparison.summary())
    failures = comparison.failures()
    print("\n".join(["failed:", *failures]) if failures else "ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
