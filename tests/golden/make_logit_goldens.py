#!/usr/bin/env python3
"""Writes logits of ONNX Runtime for the bundled models, for tests/runtime.

    make_logit_goldens.py REPOSITORY        (packages: tests/golden/requirements.txt)

Two files for each model, tests/golden/logits/<model>.onnx and masked_logits/<model>.onnx: a graph without nodes whose initializers are, for case i,
ids_i and type_ids_i (INT64 [tokens]), start_logits_i and end_logits_i (FLOAT [tokens]); in masked_logits
also mask_i (INT64 [tokens]), with zeros at the end, at the beginning and in between. ONNX so that our reader reads it.
"""
import itertools
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import reference_qa

LENGTHS = [1, 2, 17, 63, 64, 65, 128, 200, 384, 512]
MASKED_LENGTHS = [2, 17, 64, 65, 130]


def mask_of(number, length):
    mask = np.array([(7 * i + number) % 4 > 0 for i in range(length)], dtype=np.int64)
    mask[length // 2] = 1
    if number % 2 == 0:
        mask[:length // 4] = 0
    else:
        mask[-(length // 4):] = 0
    return mask


def sequences(tokenizer, dataset, lengths):
    """Token sequences of exactly `lengths`, cut from real questions and contexts laid one after another."""
    rows = itertools.islice(reference_qa.read_dataset(dataset), 40)
    question_and_text = [(row["question"], row["context"]) for row in rows]
    tokenizer.no_truncation()
    for number, length in enumerate(lengths):
        question = question_and_text[number][0]
        text = " ".join(context for _, context in question_and_text[number:number + 6])
        encoding = tokenizer.encode(question, text)
        yield encoding.ids[:length], encoding.type_ids[:length]


def cases(session, rows, masks):
    tensors = []
    for i, (ids, type_ids) in enumerate(rows):
        mask = mask_of(i, len(ids)) if masks else np.ones(len(ids), dtype=np.int64)
        feeds = {"input_ids": np.array([ids], dtype=np.int64), "attention_mask": mask[np.newaxis],
                 "token_type_ids": np.array([type_ids], dtype=np.int64)}
        start, end = session.run(["start_logits", "end_logits"], feeds)
        named = [("ids", feeds["input_ids"][0]), ("type_ids", feeds["token_type_ids"][0])]
        named += [("mask", mask)] if masks else []
        for name, array in named + [("start_logits", start[0]), ("end_logits", end[0])]:
            tensors.append(numpy_helper.from_array(array, f"{name}_{i}"))
    return tensors


def main():
    repository = sys.argv[1]
    models = os.path.join(repository, "third_party", "models")
    dataset = os.path.join(repository, "tests", "data", "qa_eval_xquad.jsonl")
    for model in sorted(os.listdir(models)):
        if not os.path.isdir(os.path.join(models, model)):
            continue
        session, tokenizer = reference_qa.load(os.path.join(models, model))
        for folder, lengths, masks in (("logits", LENGTHS, False), ("masked_logits", MASKED_LENGTHS, True)):
            tensors = cases(session, sequences(tokenizer, dataset, lengths), masks)
            graph = helper.make_graph([], model, [],
                                      [helper.make_tensor_value_info("ids_0", TensorProto.INT64, [lengths[0]])],
                                      initializer=tensors)
            output = os.path.join(repository, "tests", "golden", folder)
            os.makedirs(output, exist_ok=True)
            onnx.save(helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 14)]),
                      os.path.join(output, model + ".onnx"))



if __name__ == "__main__":
    main()
