#!/usr/bin/env python3
"""`filigree eval squad` on XQuAD against the answers of ONNX Runtime in tests/golden/predictions.

    eval_golden_test.py FILIGREE_BINARY REPOSITORY MODEL

EM and F1 must agree to 0.1 point; a different answer must be a tie or a rounding, see compare_predictions.py. All differing
answers are printed.
"""
import json
import os
import subprocess
import sys
import tempfile

from compare_predictions import Comparison, read_lines


def evaluate(binary, repository, model):
    with tempfile.TemporaryDirectory() as folder:
        predictions = os.path.join(folder, "predictions.jsonl")
        output = subprocess.run(
            [binary, "eval", "squad", "--model_path", os.path.join(repository, "third_party", "models", model), "--dataset",
             os.path.join(repository, "tests", "data", "qa_eval_xquad.jsonl"), "--predictions", predictions, "--json"],
            check=True, stdout=subprocess.PIPE).stdout
        return json.loads(output), read_lines(predictions)


def main():
    binary, repository, model = sys.argv[1:4]
    goldens = os.path.join(repository, "tests", "golden", "predictions")
    with open(os.path.join(goldens, "scores.json"), encoding="utf-8") as file:
        expected_scores = json.load(file)[model]
    scores, predictions = evaluate(binary, repository, model)
    comparison = Comparison(read_lines(os.path.join(goldens, model + ".jsonl")), predictions, "int8" in model)
    print(f"{model}: EM {scores['exact_match']:.2f} (reference {expected_scores['exact_match']:.2f}), "
          f"F1 {scores['f1']:.2f} ({expected_scores['f1']:.2f}); {comparison.summary()}")
    for d in comparison.differences:
        print(f"  {d['id']}: {d['filigree']!r} {d['score']:.5f}, reference {d['reference']!r} {d['reference_score']:.5f}, "
              f"margin {d['margin']}: {'rounding' if comparison.is_explained(d) else 'NOT EXPLAINED'}")
    failures = comparison.failures()
    for metric in ("exact_match", "f1"):
        if abs(scores[metric] - expected_scores[metric]) > 0.1:
            failures.append(f"{metric}: {scores[metric]}, expected {expected_scores[metric]} within 0.1")
    print("\n".join(["failed:", *failures]) if failures else "ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
