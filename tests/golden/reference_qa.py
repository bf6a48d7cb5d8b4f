#!/usr/bin/env python3
"""Question answering with ONNX Runtime and Hugging Face tokenizers: the reference that filigree is compared with.

    reference_qa.py MODEL_DIR DATASET PREDICTIONS.jsonl [--limit N]

Windows of 128 tokens with 64 of overlap, unpadded, one at a time; the 20 best starts and ends of each window; the span
with the largest sum of logits over all windows. Writes a line for each question: id, answer, score, start, end (code
points) and margin, the distance of the best score to that of the best span with another text. Prints EM and F1.
"""
import argparse
import collections
import json
import os
import re
import string
import sys

import numpy as np
import onnxruntime
import tokenizers

MAX_TOKENS, STRIDE, BEST, MAX_ANSWER_TOKENS = 128, 64, 20, 15


def read_dataset(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".jsonl"):
            for line in file:
                yield json.loads(line)
        else:
            for article in json.load(file)["data"]:
                for paragraph in article["paragraphs"]:
                    for question in paragraph["qas"]:
                        yield {**question, "context": paragraph["context"]}


def load(model_dir, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(os.path.join(model_dir, "model.onnx"), options,
                                           providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(model_dir, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, stride=STRIDE, strategy="only_second")
    return session, tokenizer


def logits(session, encoding):
    ids = np.array([encoding.ids], dtype=np.int64)
    feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids),
             "token_type_ids": np.array([encoding.type_ids], dtype=np.int64)}
    names = {i.name for i in session.get_inputs()}
    start, end = session.run(["start_logits", "end_logits"], {k: v for k, v in feeds.items() if k in names})
    return start[0], end[0]


def candidates(encoding, start, end):
    for s in np.argsort(start, kind="stable")[-1:-BEST - 1:-1]:
        for e in np.argsort(end, kind="stable")[-1:-BEST - 1:-1]:
            if encoding.sequence_ids[s] != 1 or encoding.sequence_ids[e] != 1:
                continue
            if e < s or e - s + 1 > MAX_ANSWER_TOKENS:
                continue
            yield float(start[s] + end[e]), encoding.offsets[s][0], encoding.offsets[e][1]


def answer(session, tokenizer, question, context):
    first = tokenizer.encode(question, context)
    spans = []
    for window in [first, *first.overflowing]:
        spans.extend(candidates(window, *logits(session, window)))
    if not spans:
        return {"answer": "", "score": 0.0, "start": 0, "end": 0, "margin": None}
    spans.sort(key=lambda span: -span[0])
    score, begin, end = spans[0]
    text = context[begin:end]
    others = [s for s, b, e in spans if context[b:e] != text]
    return {"answer": text, "score": score, "start": begin, "end": end,
            "margin": score - others[0] if others else None}


def normalise(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(prediction, truth):
    p, t = normalise(prediction).split(), normalise(truth).split()
    same = sum((collections.Counter(p) & collections.Counter(t)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(p), same / len(t)
    return 2 * precision * recall / (precision + recall)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_dir")
    parser.add_argument("dataset")
    parser.add_argument("predictions")
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    session, tokenizer = load(args.model_dir)
    exact = total_f1 = count = 0
    with open(args.predictions, "w", encoding="utf-8") as out:
        for row in read_dataset(args.dataset):
            if args.limit is not None and count >= args.limit:
                break
            result = answer(session, tokenizer, row["question"], row["context"])
            truths = [a["text"] for a in row["answers"]]
            exact += max(normalise(result["answer"]) == normalise(t) for t in truths)
            total_f1 += max(f1(result["answer"], t) for t in truths)
            count += 1
            out.write(json.dumps({"id": row["id"], **result}, ensure_ascii=False) + "\n")
            if count % 500 == 0:
                print(count, file=sys.stderr)
    print(json.dumps({"questions": count, "exact_match": 100 * exact / count, "f1": 100 * total_f1 / count}))


if __name__ == "__main__":
    main()
