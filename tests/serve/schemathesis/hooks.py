"""What JSON Schema cannot say, said to schemathesis: requests that fit the schemas are made to fit the rest, too, and none makes
the run long or takes away what it tests. Requests that are to be refused are left as they are."""
import itertools
import os

import requests
import schemathesis
from schemathesis.core import NotSet

URL = os.environ["FILIGREE_URL"]
ENDPOINTS = {"qa", "classes", "pairs", "tokens", "topics", "own", "embed"}
MODELS = itertools.cycle([("question_answering", "models/qa"), ("text_classification", "models/labels"),
                          ("token_classification", "models/tokens"), ("embedding_extraction", "models/hidden")])
POSITIONS = 512
MOST_SEQUENCES = 16_384
LONG = 60_000  # milliseconds


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def patient(owner, name, scale):
    """A valid timeout that may pass becomes one that does not: 504 would be right, and a 5xx is a finding."""
    if is_number(owner.get(name)) and 0 < owner[name] < LONG * scale:
        owner[name] = LONG * scale


def shorten(body):
    """DeepSparse's benchmark takes 12 seconds unless it is told otherwise."""
    for name in ("warmup_time", "seconds_to_run"):
        value = body.get(name)
        if value is None or is_number(value) and 0 <= value <= 60:
            body[name] = 0
    characters = body.get("gen_sequence_length")
    if is_number(characters) and 1000 < characters <= 1_000_000:
        body["gen_sequence_length"] = 1000


def flat(data):
    return [number for item in data for number in (item if isinstance(item, list) else [item])]


def fit_tensors(inputs):
    """As many values as the shapes ask for, equal shapes, the ids, no input twice, a 1 in each row of a mask."""
    by_name = {tensor["name"]: tensor for tensor in inputs}
    ids = by_name.setdefault("input_ids", dict(inputs[0], name="input_ids"))
    values = flat(ids["data"])[:POSITIONS] or [0]
    batch, tokens = (2, len(values) // 2) if len(values) % 2 == 0 else (1, len(values))
    for name, tensor in by_name.items():
        own = (flat(tensor["data"]) or [1]) * len(values)
        rows = [own[row * tokens:(row + 1) * tokens] for row in range(batch)]
        if name == "attention_mask":
            rows = [row[:-1] + [row[-1] if any(row) else 1] for row in rows]
        nested = any(isinstance(item, list) for item in tensor["data"])
        tensor.update(shape=[batch, tokens], data=rows if nested else flat(rows))
    inputs[:] = by_name.values()


def fit_labels(body):
    """Texts times labels have a limit."""
    texts, labels = body.get("sequences"), body.get("labels")
    if isinstance(texts, list) and isinstance(labels, list):
        body["labels"] = labels[:max(1, MOST_SEQUENCES // len(texts))]
        del texts[max(1, MOST_SEQUENCES // len(body["labels"])):]


def fit_endpoint(body):
    """A model that is in --model-root, for its task; `kwargs` and the others have as many forms as tasks and loggers."""
    body["task"], body["model"] = next(MODELS)
    for name in ("kwargs", "bucketing", "logging_config", "data_logging", "middlewares"):
        body.pop(name, None)


def fit(case, body):
    path, inputs = case.operation.path, body.get("inputs")
    if path == "/endpoints" and case.method.upper() == "POST":
        fit_endpoint(body)
    if path == "/endpoints" and case.method.upper() == "DELETE":
        add_endpoint(body)
    if isinstance(inputs, list) and inputs and all(isinstance(tensor, dict) for tensor in inputs):
        fit_tensors(inputs)
    if "topics" in path:
        fit_labels(body)


def add_endpoint(body):
    """What is to be removed is there, if there can be such an endpoint; else 404 is right."""
    task, model = next(MODELS)
    address = {name: body[name] for name in ("name", "route") if body.get(name) is not None}
    requests.post(f"{URL}/endpoints", json={"task": task, "model": model, **address}, timeout=LONG / 1000)


def remove_added_endpoints():
    """So that every request finds the same server."""
    for model in requests.get(f"{URL}/v2/models", timeout=LONG / 1000).json()["models"]:
        if model["name"] not in ENDPOINTS:
            requests.delete(f"{URL}/endpoints", json={"name": model["name"]}, timeout=LONG / 1000).raise_for_status()


@schemathesis.hook
def before_call(context, case, kwargs):
    """In every phase, also in those that do not generate."""
    for name, value in (case.headers or {}).items():
        if name.lower() == "x-request-timeout-ms" and str(value).isdigit() and 0 < int(value) < LONG:
            case.headers[name] = str(LONG)
    if case.operation.path.endswith("/benchmark") and isinstance(case.body, NotSet):
        case.body, case.media_type = {}, "application/json"
    body = case.body
    if not isinstance(body, dict):
        return
    if case.meta is None or case.meta.generation.mode.is_positive:
        fit(case, body)
    if case.operation.path.endswith("/benchmark"):
        shorten(body)
    patient(body, "timeout_ms", 1)
    if isinstance(body.get("parameters"), dict):
        patient(body["parameters"], "timeout_ms", 1)
        patient(body["parameters"], "timeout", 1000)


@schemathesis.hook
def after_call(context, case, response):
    if case.operation.path == "/endpoints" and case.method.upper() in ("POST", "DELETE"):
        remove_added_endpoints()


@schemathesis.hook
def filter_body(context, body):
    if context.operation.method.upper() != "DELETE" or not isinstance(body, dict):
        return True
    named = [str(body.get(name, "")).strip("/").split("/") for name in ("name", "route")]
    return not any(ENDPOINTS & set(parts) for parts in named)
