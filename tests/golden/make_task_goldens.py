#!/usr/bin/env python3
"""Answers of every text task by an implementation of its own: tokenizers, ONNX Runtime and numpy.

    venv/bin/python tests/golden/make_task_goldens.py build/release/filigree

`filigree make-model` makes each model from the flags below; config.json gets the labels. The answers follow the
documented meaning of DeepSparse's pipelines (softmax, sigmoid, top_k; entities by words as the pre-tokenizer cuts them;
entailment over hypotheses; pooling over all tokens but [CLS]) in double precision, on texts that are cut by
Hugging Face's tokenizers. tests/data/tasks.json holds models, requests and answers; the test makes the same models and
answers the same requests with `filigree run`. A margin so small that rounding could change a label is an error here.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer, decoders

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPE = "--hidden 48 --heads 4 --vocab 3000 --max-tokens 96 --opset 17 "
MARGIN = 2e-4

TEXTS = [json.loads(line)["context"] for line, _ in zip((ROOT / "data" / "qa_eval_xquad.jsonl").open(), range(40))]
SHORT = ["The Broncos played in Denver, Colorado.", "Caf\u00e9 Zo\u00eb opened\u2026 in 1999!", "", "\U0001f426 naïve 한국어 St. John's"]
LONG = TEXTS[7]
BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


class Model:
    def __init__(self, folder, length, layer=None):
        proto = onnx.load(folder / "model.onnx")
        if layer is not None:
            wanted = f"layer.{layer}.output.LayerNorm.bias"
            node = next(n for n in proto.graph.node if any(i.endswith(wanted) for i in n.input))
            del proto.graph.output[:]
            proto.graph.output.append(onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None))
        self.session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()]
        self.file = str(folder / "tokenizer.json")
        self.length = length

    def encode(self, *texts, strategy="longest_first"):
        tokenizer = Tokenizer.from_file(self.file)
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.length, strategy=strategy)
        return tokenizer.encode(*texts)

    def run(self, encoding):
        every = {"input_ids": encoding.ids, "token_type_ids": encoding.type_ids,
                 "attention_mask": [1] * len(encoding.ids)}
        feeds = {name: np.array([every[name]], np.int64) for name in self.names}
        return self.session.run(None, feeds)[0][0].astype(np.float64)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def ranked(scores, count=None):
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    for a, b in zip(order, order[1:]):
        assert scores[a] - scores[b] > MARGIN, f"margin {scores[a] - scores[b]}"
    return order[:count]


def text_classification(model, labels, kwargs, request):
    top_k = len(labels) if kwargs.get("return_all_scores") else kwargs.get("top_k", 1)
    sequences = request["sequences"]
    answer = {"labels": [], "scores": []}
    for item in [sequences] if isinstance(sequences, str) else sequences:
        logits = model.run(model.encode(*([item] if isinstance(item, str) else item)))
        scores = 1 / (1 + np.exp(-logits)) if len(labels) == 1 else softmax(logits)
        best = ranked(scores, top_k)
        names, values = [labels[i] for i in best], [float(scores[i]) for i in best]
        answer["labels"].append(names if top_k > 1 else names[0])
        answer["scores"].append(values if top_k > 1 else values[0])
    return answer


def best_label(scores):
    best = int(scores.argmax())
    others = np.delete(scores, best)
    assert scores[best] - others.max() > MARGIN, scores
    return best


class Part:
    """A token or a word: scores of the labels, text, offsets."""

    def __init__(self, tokens, scores, start, end):
        self.tokens, self.scores, self.start, self.end = tokens, scores, start, end


def words_of(parts, words, strategy):
    groups = {}
    for part, word in zip(parts, words):
        groups.setdefault(word, []).append(part)
    merged = []
    for group in groups.values():
        if strategy == "first":
            scores = group[0].scores
        elif strategy == "max":
            scores = max(group, key=lambda p: p.scores.max()).scores
        else:
            scores = np.mean([p.scores for p in group], axis=0)
        merged.append(Part([t for p in group for t in p.tokens], scores, group[0].start, group[-1].end))
    return merged


def token_classification(model, labels, kwargs, request):
    strategy = kwargs.get("aggregation_strategy", "none")
    ignored = kwargs.get("ignore_labels", ["O"])
    decoder = decoders.WordPiece()
    inputs = request["inputs"]
    answer = []
    for text in [inputs] if isinstance(inputs, str) else inputs:
        encoding = model.encode(text)
        probabilities = softmax(model.run(encoding))
        kept = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
        parts = []
        for i in kept:
            start, end = encoding.offsets[i]
            token = encoding.tokens[i]
            parts.append(Part([text[start:end] if token == "[UNK]" else token], probabilities[i], start, end))
        entities = []
        if strategy == "none":
            for i, part in zip(kept, parts):
                label = best_label(part.scores)
                entities.append({"entity": labels[label], "score": float(part.scores[label]), "word": part.tokens[0],
                                 "start": part.start, "end": part.end, "index": i, "is_grouped": False})
        else:
            if strategy != "simple":
                parts = words_of(parts, [encoding.word_ids[i] for i in kept], strategy)
            groups = []
            for part in parts:
                label = labels[best_label(part.scores)]
                tag = label[2:] if label[:2] in ("B-", "I-") else label
                if groups and label.startswith("I-") and groups[-1][0] == tag:
                    groups[-1][1].append(part)
                else:
                    groups.append((tag, [part]))
            for tag, group in groups:
                entities.append({"entity": tag, "score": float(np.mean([p.scores.max() for p in group])),
                                 "word": decoder.decode([t for p in group for t in p.tokens]),
                                 "start": group[0].start, "end": group[-1].end, "index": None, "is_grouped": True})
        answer.append([e for e in entities if e["entity"] not in ignored])
    return {"predictions": answer}


def zero_shot(model, _, kwargs, request):
    config = kwargs.get("model_config", {})
    template = request.get("hypothesis_template", config.get("hypothesis_template", "This text is about {}"))
    multi = request.get("multi_class", config.get("multi_class", False))
    entailment, contradiction = config.get("entailment_index", 0), config.get("contradiction_index", 2)
    labels = request.get("labels", kwargs.get("labels"))
    if isinstance(labels, str):
        labels = [label.strip() for label in labels.split(",")]
    sequences = request["sequences"]
    names, scores = [], []
    for text in [sequences] if isinstance(sequences, str) else sequences:
        logits = np.array([model.run(model.encode(text, template.format(label), strategy="only_first"))
                           for label in labels])
        values = (softmax(logits[:, [entailment, contradiction]])[:, 0] if multi else softmax(logits[:, entailment]))
        order = ranked(values)
        names.append([labels[i] for i in order])
        scores.append([float(values[i]) for i in order])
    if isinstance(sequences, str):
        names, scores = names[0], scores[0]
    return {"sequences": sequences, "labels": names, "scores": scores}


def embedding(model, _, kwargs, request):
    strategy = kwargs.get("extraction_strategy", "per_token")
    inputs = request["inputs"]
    answer = []
    for text in [inputs] if isinstance(inputs, str) else inputs:
        encoding = model.encode(text)
        hidden = model.run(encoding)
        kept = hidden[[token != "[CLS]" for token in encoding.tokens]]
        pooled = {"per_token": hidden.reshape(-1), "reduce_mean": kept.mean(0), "reduce_max": kept.max(0),
                  "cls_token": hidden[0]}[strategy]
        answer.append([float(v) for v in pooled])
    return {"embeddings": answer}


TASKS = {"text_classification": text_classification, "token_classification": token_classification,
         "zero_shot_text_classification": zero_shot, "transformers_embedding_extraction": embedding}

PAIRS = {"sequences": [[TEXTS[0], TEXTS[20]], [SHORT[0], LONG], [LONG, SHORT[0]], [SHORT[1]], SHORT[3]]}
SENTENCES = {"inputs": [*SHORT, TEXTS[9][:200], LONG]}
MODELS = [
    {"name": "classes", "flags": SHAPE + "--layers 2 --head classification --labels 3 --seed 3",
     "labels": ["entailment", "neutral", "contradiction"],
     "runs": [
         {"task": "text_classification", "kwargs": {},
          "requests": [{"sequences": SHORT[0]}, {"sequences": [*SHORT, LONG]}]},
         {"task": "text_classification", "kwargs": {"top_k": 2}, "requests": [PAIRS]},
         {"task": "text_classification", "kwargs": {"return_all_scores": True, "sequence_length": 33},
          "requests": [PAIRS]},
         {"task": "zero_shot_text_classification", "kwargs": {},
          "requests": [{"sequences": SHORT[0], "labels": ["sports", "politics", "music"]},
                       {"sequences": [*SHORT[:2], LONG], "labels": "food, travel", "multi_class": True},
                       {"sequences": [SHORT[3]], "labels": ["a", "b"], "hypothesis_template": "{} it is."}]},
         {"task": "zero_shot_text_classification",
          "kwargs": {"labels": ["war", "peace"], "sequence_length": 24,
                     "model_config": {"entailment_index": 2, "contradiction_index": 0, "multi_class": True,
                                      "hypothesis_template": "Here one reads of {}."}},
          "requests": [{"sequences": [LONG, SHORT[1]]}]}]},
    {"name": "one_class", "flags": SHAPE + "--layers 1 --head classification --labels 1 --family distilbert",
     "labels": ["SPAM"],
     "runs": [{"task": "text_classification", "kwargs": {}, "requests": [{"sequences": [*SHORT, LONG]}]}]},
    {"name": "tokens", "flags": SHAPE + "--layers 2 --head token --labels 5 --sparsity 50 --seed 1", "labels": BIO,
     "runs": [{"task": "token_classification",
               "kwargs": {} if strategy == "none" else {"aggregation_strategy": strategy},
               "requests": [SENTENCES, {"inputs": SHORT[0]}]}
              for strategy in ("none", "simple", "first", "average", "max")]},
    {"name": "hidden", "flags": SHAPE + "--layers 3 --head embedding --seed 2", "labels": None,
     "runs": [{"task": "transformers_embedding_extraction",
               "kwargs": {"extraction_strategy": strategy, "emb_extraction_layer": layer},
               "requests": [SENTENCES if strategy != "per_token" else {"inputs": SHORT[1]}]}
              for strategy, layer in (("per_token", -1), ("reduce_mean", -1), ("reduce_max", 1), ("cls_token", 0),
                                      ("reduce_mean", None), ("per_token", -3))]},
]


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def main():
    program = sys.argv[1]
    for spec in MODELS:
        with tempfile.TemporaryDirectory() as parent:
            folder = pathlib.Path(parent) / spec["name"]
            subprocess.run([program, "make-model", "--output", str(folder), *spec["flags"].split()], check=True,
                           stdout=subprocess.DEVNULL)
            layers = int(spec["flags"].split("--layers ")[1].split()[0])
            for run in spec["runs"]:
                layer = run["kwargs"].get("emb_extraction_layer")
                model = Model(folder, min(run["kwargs"].get("sequence_length", 128), 96),
                              None if layer is None else layer % layers)
                run["answers"] = [rounded(TASKS[run["task"]](model, spec["labels"], run["kwargs"], request))
                                  for request in run["requests"]]
        print(f"{spec['name']}: {sum(len(run['answers']) for run in spec['runs'])} answers", flush=True)
    (ROOT / "data" / "tasks.json").write_text(json.dumps(MODELS, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
