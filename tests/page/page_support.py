"""One server and one browser for all tests of the page."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request

import webdriver
from webdriver import wait_for

MODELS = ["minilm6-squad-dense", "minilm6-squad-pruned80", "minilm6-squad-pruned80-int8",
          "minilm6-squad-pruned80-block4-int8"]
INT8 = "minilm6-squad-pruned80-int8"
TAB, SPACE, ENTER, ESCAPE, CONTROL, RIGHT = "\ue004", " ", "\ue007", "\ue00c", "\ue009", "\ue014"


class Places:
    """Where things are; page_test.py sets them."""
    binary = repository = output = None

    @classmethod
    def model(cls, name):
        return os.path.join(cls.repository, "third_party", "models", name)


def make_model(folder, name, head, labels=()):
    """A tiny one with random weights; returns its folder."""
    path = os.path.join(folder, name)
    subprocess.run([Places.binary, "make-model", "--output", path, "--layers", "2", "--hidden", "64", "--heads", "2",
                    "--vocab", "2000", "--max-tokens", "128", "--sparsity", "80", "--head", head,
                    "--labels", str(max(2, len(labels)))], check=True, stdout=subprocess.DEVNULL, timeout=60)
    if labels:
        config = os.path.join(path, "config.json")
        with open(config, encoding="utf-8") as file:
            content = json.load(file)
        content["id2label"] = {str(i): label for i, label in enumerate(labels)}
        with open(config, "w", encoding="utf-8") as file:
            json.dump(content, file)
    return path


def other_tasks(folder):
    """Endpoints of the tasks beside question answering."""
    sentiment = make_model(folder, "sentiment-model", "classification", ["negative", "neutral", "positive"])
    entities = make_model(folder, "ner-model", "token", ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    topics = make_model(folder, "mnli-model", "classification", ["entailment", "neutral", "contradiction"])
    vectors = make_model(folder, "embedding-model", "embedding")
    return [("sentiment", "text_classification", sentiment, "kwargs: {top_k: 3}"),
            ("ner", "token_classification", entities, "kwargs: {ignore_labels: []}"),
            ("topics", "zero_shot_text_classification", topics),
            ("vectors", "embedding_extraction", vectors, "kwargs: {extraction_strategy: reduce_mean}"),
            ("vectors-tokens", "embedding_extraction", vectors, "kwargs: {extraction_strategy: per_token}")]


class Server:
    """`filigree serve` with endpoints [(name, task, model, more lines)]."""

    def __init__(self, folder, endpoints, *flags, port=None):
        config = os.path.join(folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("endpoints:\n")
            for name, task, model, *more in endpoints:
                lines = [f"name: {name}", f"task: {task}", f"model: {json.dumps(model)}", *more]
                file.write("  - " + "\n    ".join(lines) + "\n")
        self.port = port or webdriver.free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.log = open(os.path.join(Places.output, "page_test_server.log"), "ab")
        self.process = subprocess.Popen(
            [Places.binary, "serve", "--no-cache", "--config-file", config, "--host", "127.0.0.1",
             "--port", str(self.port), *flags], stdout=self.log, stderr=self.log)
        wait_for("the port to open", self._port_open)

    def _port_open(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with code {self.process.returncode}, see {self.log.name}")
        try:
            with urllib.request.urlopen(self.url + "v2/health/live", timeout=5):
                return True
        except OSError:
            return False

    def metrics(self):
        with urllib.request.urlopen(self.url + "metrics", timeout=30) as response:
            return response.read().decode()

    def metric(self, series):
        found = re.search("^" + re.escape(series) + r" (\S+)$", self.metrics(), re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            finally:
                self.process.kill()
        self.log.close()


class PageTest(unittest.TestCase):
    """Tests against the bundled models and one that cannot be served."""
    folder = browser = server = None

    @classmethod
    def setUpAll(cls):
        cls.folder = tempfile.mkdtemp(prefix="filigree-page-")
        broken = os.path.join(cls.folder, "no-such-model")
        os.mkdir(broken)
        with open(os.path.join(broken, "model.onnx"), "wb") as file:
            file.write(b"not a model")
        endpoints = [(name, "question_answering", Places.model(name)) for name in MODELS]
        endpoints += [("question_answering", "question_answering", Places.model(INT8)),
                      ("broken", "question_answering", broken), *other_tasks(cls.folder)]
        PageTest.folder = cls.folder
        PageTest.server = Server(cls.folder, endpoints)
        PageTest.browser = webdriver.Browser(os.path.join(cls.folder, "profile"))

    @classmethod
    def tearDownAll(cls):
        if PageTest.browser:
            PageTest.browser.close()
        if PageTest.server:
            PageTest.server.stop()
        if PageTest.folder:
            shutil.rmtree(PageTest.folder, ignore_errors=True)

    def setUp(self):
        self.browser.resize(1200, 1000)
        self.browser.open(self.server.url)
        wait_for("four ready models", lambda: self.script(
            "return document.querySelectorAll('#model-list input:not(:disabled)').length") == 4)

    def script(self, source, *args):
        return self.browser.script(source, *args)

    def set(self, **values):
        """Values of inputs by id, as if they were typed or chosen."""
        for name, value in values.items():
            self.script("const node = document.getElementById(arguments[0]); node.value = arguments[1];"
                        "node.dispatchEvent(new Event('change'))", name, value)

    def visible(self, css):
        return self.script("const node = document.querySelector(arguments[0]);"
                           "return Boolean(node) && node.checkVisibility()", css)

    def choose_task(self, name):
        self.set(task=name)
        wait_for("its models", lambda: self.visible("#model-list input:not(:disabled)"))

    def done(self):
        return self.script("return document.getElementById('result').dataset.done || '0'")

    def ask(self):
        before = self.done()
        self.browser.click("#submit")
        wait_for("the answers", lambda: self.done() != before)

    def rows(self):
        return self.script(
            "return [...document.querySelectorAll('#rows tr')].map(r => [...r.children].map(c => c.textContent))")

    def screenshot(self, name, css=None, **options):
        """serve/screenshots has some of them."""
        self.browser.screenshot(os.path.join(Places.output, name), css, **options)
