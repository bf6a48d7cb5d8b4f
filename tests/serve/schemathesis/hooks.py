"""Keeps requests from making the run long, or from removing what it tests. Nothing else of them is changed."""
import schemathesis

ENDPOINTS = {"qa", "classes", "pairs", "tokens", "topics", "own", "embed"}
LONG = 60_000  # milliseconds


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def patient(owner, name, scale):
    """A valid timeout that may pass becomes one that does not: 504 would be right, and a 5xx is a finding."""
    value = owner.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < LONG * scale:
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


@schemathesis.hook
def before_call(context, case, kwargs):
    """In every phase, also in those that do not generate."""
    for name, value in (case.headers or {}).items():
        if name.lower() == "x-request-timeout-ms" and str(value).isdigit() and 0 < int(value) < LONG:
            case.headers[name] = str(LONG)
    body = case.body
    if not isinstance(body, dict):
        return
    if case.operation.path.endswith("/benchmark"):
        shorten(body)
    patient(body, "timeout_ms", 1)
    if isinstance(body.get("parameters"), dict):
        patient(body["parameters"], "timeout_ms", 1)
        patient(body["parameters"], "timeout", 1000)


@schemathesis.hook
def filter_body(context, body):
    if context.operation.method.upper() != "DELETE" or not isinstance(body, dict):
        return True
    named = [str(body.get(name, "")).strip("/").split("/") for name in ("name", "route")]
    return not any(ENDPOINTS & set(parts) for parts in named)
