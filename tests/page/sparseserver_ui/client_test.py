#!/usr/bin/env python3
"""Drives the original SparseServer.UI client (Streamlit) in headless Chromium; `run` beside this file finds what it needs.

    client_test.py FILIGREE_BINARY CLIENT_DIR PYTHON_WITH_STREAMLIT SCREENSHOT_DIR [ZOO_DIR]

Exit code 77 means that nothing was tested: no Chromium here, or the client's port is taken.
"""
import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import webdriver  # noqa: E402  pylint: disable=wrong-import-position
from webdriver import wait_for  # noqa: E402  pylint: disable=wrong-import-position

BINARY, CLIENT, PYTHON, SCREENSHOTS = [os.path.abspath(argument) if os.sep in argument else argument for argument in sys.argv[1:5]]
ZOO = os.path.abspath(sys.argv[5]) if len(sys.argv) > 5 and sys.argv[5] else None
PORT = 5543  # written in the client, with the address 0.0.0.0
SERVER = f"http://127.0.0.1:{PORT}"
CONTROL, ENTER = "\ue009", "\ue007"


def of_client(folder, expression):
    """What the client's own modules say, as JSON."""
    code = f"import json, samples, settings; print(json.dumps({expression}))"
    return json.loads(subprocess.run([PYTHON, "-B", "-c", code], cwd=folder, capture_output=True, text=True, check=True,
                                     timeout=120).stdout)


def models_of_client(folder):
    """{what the client calls a model: last part of its route}"""
    variants = of_client(folder, "{label: client.model for label, client in settings.FeatureHandler.variants.items()}")
    return {label: route.removeprefix("question_answering/") for label, route in variants.items()}


def answers():
    """{endpoint: requests that were answered with 200}"""
    with urllib.request.urlopen(SERVER + "/metrics", timeout=30) as response:
        text = response.read().decode()
    return {name: int(count) for name, count in re.findall(
        r'^filigree_requests_total\{endpoint="([^"]+)",code="200"\} (\d+)$', text, re.M)}


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="filigree-ui-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.zoo = ZOO or os.path.join(cls.folder, "zoo")
        if not ZOO:
            subprocess.run([BINARY, "make-model", "--zoo", cls.zoo, "--hidden", "48", "--vocab", "500"], check=True, timeout=300,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.samples = of_client(CLIENT, "samples.sample")
        cls.browser = webdriver.Browser(os.path.join(cls.folder, "profile"), width=1600, height=1300)
        cls.addClassCleanup(cls.browser.close)

    def spawn(self, name, arguments, **options):
        log = open(os.path.join(SCREENSHOTS, f"{name}.log"), "wb")  # pylint: disable=consider-using-with
        self.addCleanup(log.close)
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()

    def opened(self, process, url):
        def opens():
            self.assertIsNone(process.poll(), f"a process ended, see the logs in {SCREENSHOTS}")
            try:
                with urllib.request.urlopen(url, timeout=5) as response:
                    return response.status == 200
            except OSError:
                return False
        wait_for(url, opens, 300)

    def start(self, config, client):
        server = self.spawn("server", [BINARY, "serve", "--config-file", os.path.join(self.zoo, config), "--host", "127.0.0.1",
                                       "--no-cache"])
        self.opened(server, SERVER + "/v2/health/ready")
        port = webdriver.free_port()
        streamlit = self.spawn("streamlit", [
            PYTHON, "-B", "-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.address", "127.0.0.1",
            "--server.port", str(port), "--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"],
            cwd=client, env={**os.environ, "HOME": self.folder})
        self.opened(streamlit, f"http://127.0.0.1:{port}/")
        with urllib.request.urlopen(SERVER + "/config", timeout=30) as response:
            endpoints = json.load(response)["endpoints"]
        self.names = {endpoint["route"].rsplit("/", 1)[1]: endpoint["name"] for endpoint in endpoints}
        self.browser.open(f"http://127.0.0.1:{port}/")

    def expected(self, model, question):
        result = subprocess.run([BINARY, "run", "--model_path", os.path.join(self.zoo, model), "--task", "question_answering"],
                                input=json.dumps(question) + "\n", capture_output=True, text=True, check=True, timeout=120)
        return " ".join(json.loads(result.stdout)["answer"].split())

    def shown(self):
        """The answer and the latency on screen once the client rests."""
        def rests():
            return self.browser.script("""
                const app = document.querySelector('[data-testid=stApp]');
                if (!app || app.dataset.testScriptState !== 'notRunning') return null;
                const lines = [...document.querySelectorAll('p.big-font')].map(line => line.innerText);
                return lines.length === 2 ? lines : null""")
        answer, latency = wait_for("an answer on screen", rests)
        self.assertEqual(self.browser.script("return document.querySelectorAll('[data-testid=stException]').length"), 0)
        return " ".join(answer.removeprefix("ANSWER:").split()), latency

    def choose(self, label):
        wait_for(f"a choice {label!r}", lambda: self.browser.script("""
            for (const option of document.querySelectorAll('[data-testid=stSidebar] [role=radiogroup] label'))
              if (option.textContent.trim() === arguments[0].trim()) { option.click(); return true; }
            return false""", label))

    def check(self, label, model, question, before):
        wait_for(f"a request to {model}", lambda: answers().get(self.names[model], 0) > before.get(self.names[model], 0))
        answer, latency = self.shown()
        self.assertEqual(answer, self.expected(model, question), label)
        self.assertRegex(latency, r"^\d+\.\d+ secs\.$")
        seconds = float(latency.split()[0])
        self.assertTrue(0 < seconds < 60, latency)
        print(f"  {model:20} {seconds * 1000:7.1f} ms  {answer[:70]!r}", flush=True)

    def ask_every_model(self, client, screenshot):
        models = models_of_client(client)
        question = self.samples["example 1"]
        before = {}
        for label, model in models.items():
            if before:  # the first one is chosen when the page opens
                before = answers()
                self.choose(label)
            self.check(label, model, question, before)
            before = answers()
        # Not Browser.screenshot(): Streamlit moves its sidebar when the page is resized for it.
        with open(os.path.join(SCREENSHOTS, screenshot), "wb") as file:
            file.write(base64.b64decode(self.browser.call("GET", "/screenshot")))
        return models

    def ask_my_own(self, label, model):
        question = {**self.samples["example 1"], "question": "How is the engine used?"}
        before = answers()
        self.browser.script("const boxes = document.querySelectorAll('textarea'); boxes[boxes.length - 1].focus();"
                            "boxes[boxes.length - 1].select()")
        self.browser.keys(*question["question"])
        self.browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": CONTROL}, {"type": "keyDown", "value": ENTER},
            {"type": "keyUp", "value": ENTER}, {"type": "keyUp", "value": CONTROL}]}]})
        self.check(label, model, question, before)

    def test_the_client_as_it_is_against_four_models(self):
        self.start("config.yaml", CLIENT)
        models = self.ask_every_model(CLIENT, "four.png")
        self.assertEqual(len(models), 4)
        self.ask_my_own(*list(models.items())[-1])

    def test_the_client_as_it_is_against_nineteen_models(self):
        self.start("big-config.yaml", CLIENT)
        self.assertEqual(len(self.names), 19)
        self.ask_every_model(CLIENT, "four-of-nineteen.png")

    def test_the_client_with_all_its_models_against_nineteen_models(self):
        """Its README says to take the comments off its list of models. One of the 19 titles is there twice, so it offers 18."""
        client = os.path.join(self.folder, "client")
        shutil.copytree(CLIENT, client)
        settings = os.path.join(client, "settings.py")
        with open(settings, encoding="utf-8") as file:
            text = file.read()
        with open(settings, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^(        )# (\"|    model=|\),)", r"\1\2", text, flags=re.M))
        self.start("big-config.yaml", client)
        self.assertEqual(len(self.ask_every_model(client, "nineteen.png")), 18)


def missing():
    """Why nothing can be tested; None when it can."""
    if not webdriver.have_browser():
        return "chromium or chromedriver is missing"
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            return f"something listens on port {PORT} already, the one that the client asks"
    return None


if __name__ == "__main__":
    if missing():
        print(f"NOT TESTED: {missing()}", file=sys.stderr)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
