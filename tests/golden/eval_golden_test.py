#!/usr/bin/env python3
"""`filigree eval squad` on XQuAD against the answers of ONNX Runtime in tests/golden/predictions.

    eval_golden_test.py FILIGREE_BINARY REPOSITORY MODEL

EM and F1 must agree to 0.1 point. A different answer must be a tie or a rounding: the reference's own margin between its
two best answers must be smaller than twice the largest difference of scores seen where both give the same span (each of
the two answers can move by that much). That difference is itself bounded: 1e-4 of the largest score in fp32; in int8 a
rounding can move an activation by a whole step, so 10 % of the largest score. All differing answers are printed.
"""
import json
import os
import subprocess
import sys
import tempfile


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    binary, repository, model = sys.argv[1:4]
    goldens = os.path.join(repository, "tests", "golden", "predictions")
    expected = {row["id"]: row for row in read_lines(os.path.join(goldens, model + ".jsonl"))}
    with open(os.path.join(goldens, "scores.json"), encoding="utf-8") as file:
        expected_scores = json.load(file)[model]
    with tempfile.TemporaryDirectory() as folder:
        predictions = os.path.join(folder, "predictions.jsonl")
        output = subprocess.run(
            [binary, "eval", "squad", "--model_path", os.path.join(repository, "third_party", "models", model), "--dataset",
             os.path.join(repository, "tests", "data", "qa_eval_xquad.jsonl"), "--predictions", predictions, "--json"],
            check=True, stdout=subprocess.PIPE).stdout
        got = {row["id"]: row for row in read_lines(predictions)}
    scores = json.loads(output)
    assert set(got) == set(expected), f"{len(got)} answers, expected {len(expected)}"

    same = [i for i in expected if (got[i]["start"], got[i]["end"]) == (expected[i]["start"], expected[i]["end"])]
    noise = max(abs(got[i]["score"] - expected[i]["score"]) for i in same)
    largest = max(abs(row["score"]) for row in expected.values())
    bound = (0.1 if "int8" in model else 1e-4) * largest
    print(f"{model}: EM {scores['exact_match']:.2f} (reference {expected_scores['exact_match']:.2f}), "
          f"F1 {scores['f1']:.2f} ({expected_scores['f1']:.2f}); "
          f"largest score difference {noise:.6f} of {largest:.2f}")
    failures = []
    for i in expected:
        if got[i]["answer"] == expected[i]["answer"]:
            continue
        margin = expected[i]["margin"]
        explained = margin is not None and margin <= 2 * noise
        print(f"  {i}: {got[i]['answer']!r} {got[i]['score']:.5f}, reference {expected[i]['answer']!r} "
              f"{expected[i]['score']:.5f}, margin {margin}: {'rounding' if explained else 'NOT EXPLAINED'}")
        if not explained:
            failures.append(i)
    for metric in ("exact_match", "f1"):
        if abs(scores[metric] - expected_scores[metric]) > 0.1:
            failures.append(f"{metric}: {scores[metric]}, expected {expected_scores[metric]} within 0.1")
    if noise > bound:
        failures.append(f"scores differ by {noise}, bound {bound}")
    print("\n".join(["failed:", *failures]) if failures else "ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
