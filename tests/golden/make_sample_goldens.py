#!/usr/bin/env python3
"""Writes samples of ONNX Runtime for two bundled models, in the layout of SparseZoo, for `filigree verify`.

    make_sample_goldens.py REPOSITORY        (packages: tests/golden/requirements.txt)

tests/golden/samples/<model>/sample-inputs/inp-000N.npz and sample-outputs/out-000N.npz. The first sample is one padded
sequence, deflated, by names; the second two of different lengths, stored, as arr_0, arr_1, ...
"""
import itertools
import os
import sys

import numpy as np

import reference_qa

MODELS = ["minilm6-squad-pruned80", "minilm6-squad-pruned80-block4-int8"]
TOKENS = 48


def padded(encodings):
    """input_ids, attention_mask and token_type_ids, [sequences, TOKENS]."""
    arrays = np.zeros((3, len(encodings), TOKENS), dtype=np.int64)
    for row, encoding in enumerate(encodings):
        length = min(len(encoding.ids), TOKENS)
        arrays[0, row, :length] = encoding.ids[:length]
        arrays[1, row, :length] = 1
        arrays[2, row, :length] = encoding.type_ids[:length]
    return dict(zip(["input_ids", "attention_mask", "token_type_ids"], arrays))


def main():
    repository = sys.argv[1]
    dataset = os.path.join(repository, "tests", "data", "qa_eval_xquad.jsonl")
    rows = list(itertools.islice(reference_qa.read_dataset(dataset), 3))
    for model in MODELS:
        session, tokenizer = reference_qa.load(os.path.join(repository, "third_party", "models", model))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        encodings = [tokenizer.encode(row["question"], row["context"][:80]) for row in rows]
        folder = os.path.join(repository, "tests", "golden", "samples", model)
        for name in ["sample-inputs", "sample-outputs"]:
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        for number, part in enumerate([encodings[:1], encodings[1:]]):
            feeds = padded(part)
            names = [value.name for value in session.get_outputs()]
            results = dict(zip(names, session.run(names, feeds)))
            inputs = os.path.join(folder, "sample-inputs", f"inp-{number:04}.npz")
            outputs = os.path.join(folder, "sample-outputs", f"out-{number:04}.npz")
            if number == 0:  # SparseML leaves out the dimension of the batch
                np.savez_compressed(inputs, **{name: array[0] for name, array in feeds.items()})
                np.savez_compressed(outputs, **{name: array[0] for name, array in results.items()})
            else:
                np.savez(inputs, *[feeds[value.name] for value in session.get_inputs()])
                np.savez(outputs, *[results[name] for name in names])


if __name__ == "__main__":
    main()
