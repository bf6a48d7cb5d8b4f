#!/usr/bin/env python3
"""Writes logits of ONNX Runtime for the bundled models, for tests/runtime.

    make_logit_goldens.py REPOSITORY        (packages: tests/golden/requirements.txt)

One file for each model, tests/golden/logits/<model>.onnx: a graph without nodes whose initializers are, for case i,
ids_i and type_ids_i (INT64 [tokens]), start_logits_i and end_logits_i (FLOAT [tokens]). ONNX so that our reader reads it.
"""
import itertools
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import reference_qa

LENGTHS = [1, 2, 17, 63, 64, 65, 128, 200, 384, 512]


def sequences(tokenizer, dataset):
    """Token sequences of exactly LENGTHS, cut from real questions and contexts laid one after another."""
    rows = itertools.islice(reference_qa.read_dataset(dataset), 40)
    question_and_text = [(row["question"], row["context"]) for row in rows]
    tokenizer.no_truncation()
    for number, length in enumerate(LENGTHS):
        question = question_and_text[number][0]
        text = " ".join(context for _, context in question_and_text[number:number + 6])
        encoding = tokenizer.encode(question, text)
        yield encoding.ids[:length], encoding.type_ids[:length]


def main():
    repository = sys.argv[1]
    models = os.path.join(repository, "third_party", "models")
    output = os.path.join(repository, "tests", "golden", "logits")
    os.makedirs(output, exist_ok=True)
    for model in sorted(os.listdir(models)):
        if not os.path.isdir(os.path.join(models, model)):
            continue
        session, tokenizer = reference_qa.load(os.path.join(models, model))
        tensors = []
        dataset = os.path.join(repository, "tests", "data", "qa_eval_xquad.jsonl")
        for i, (ids, type_ids) in enumerate(sequences(tokenizer, dataset)):
            feeds = {"input_ids": np.array([ids], dtype=np.int64),
                     "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
                     "token_type_ids": np.array([type_ids], dtype=np.int64)}
            start, end = session.run(["start_logits", "end_logits"], feeds)
            for name, array in [("ids", feeds["input_ids"][0]), ("type_ids", feeds["token_type_ids"][0]),
                                ("start_logits", start[0]), ("end_logits", end[0])]:
                tensors.append(numpy_helper.from_array(array, f"{name}_{i}"))
        graph = helper.make_graph([], model, [],
                                  [helper.make_tensor_value_info("ids_0", TensorProto.INT64, [LENGTHS[0]])],
                                  initializer=tensors)
        onnx.save(helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 14)]),
                  os.path.join(output, model + ".onnx"))


if __name__ == "__main__":
    main()
