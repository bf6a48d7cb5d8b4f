"""What the page says when the server is gone, needs a key, loads or has nothing; and the state it shows over time."""
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request

from axe import AxeChecks
from page_support import ENTER, PageTest, Server, make_model
from webdriver import free_port, wait_for

KEY = "secret-KEY-1"


class Activity(PageTest):
    def charts(self):
        return self.script("return [...document.querySelectorAll('#activity-charts svg')].map(s => s.getAttribute('aria-label'))")

    def test_draws_the_state_over_time_and_says_it_in_words(self):
        self.ask()
        wait_for("charts", lambda: len(self.charts()) == 7)
        for name in ("in flight", "queued", "tokens queued", "tokens a batch", "tokens a second", "requests a second", "memory"):
            self.assertTrue(any(label.startswith(f"{name} over the last two minutes: now ") for label in self.charts()), self.charts())
        memory = next(label for label in self.charts() if label.startswith("memory"))
        self.screenshot("state.webp", "#activity")
        self.assertRegex(memory, r"now [1-9]\d* MB, at most [1-9]\d* MB$")

    def test_reads_the_list_of_models_again_only_when_it_has_changed(self):
        def asked(path):
            return self.script("return performance.getEntriesByType('resource').filter("
                               "e => e.name.endsWith(arguments[0])).length", path)

        before = asked("/v2/models")
        self.assertGreater(before, 0)
        looks = asked("/v2/state")
        wait_for("more looks", lambda: asked("/v2/state") > looks + 1)
        self.assertEqual(asked("/v2/models"), before)

    def test_asks_only_while_somebody_can_see_it(self):
        def asked():
            return self.script("return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/v2/state')).length")

        def pretend(state):
            self.script("Object.defineProperty(document, 'visibilityState', { value: arguments[0], configurable: true });"
                        "document.dispatchEvent(new Event('visibilitychange'))", state)

        wait_for("a second look", lambda: asked() > 1)
        def is_quiet():
            before = asked()
            self.browser.module("await new Promise(done => setTimeout(done, 1500))")
            return asked() == before

        pretend("hidden")
        wait_for("what was on its way, and then no more", is_quiet, seconds=20)
        before = asked()
        pretend("visible")
        wait_for("another look", lambda: asked() > before)


class States(AxeChecks, PageTest):
    """With servers of their own, and tiny models."""

    def setUp(self):
        self.here = tempfile.mkdtemp(prefix="filigree-states-")
        self.addCleanup(shutil.rmtree, self.here, ignore_errors=True)
        self.model = make_model(self.here, "tiny", "qa")
        self.browser.resize(1200, 1000)

    def start(self, *flags, port=None, model=None):
        server = Server(self.here, [("tiny", "question_answering", model or self.model)], *flags, port=port)
        self.addCleanup(server.stop)
        return server

    def banner(self):
        return self.script("return document.getElementById('banner').textContent")

    def wait_for_model(self):
        wait_for("the model", lambda: self.visible("#model-list input:not(:disabled)"))

    def test_says_that_the_server_is_gone_and_recovers_when_it_is_back(self):
        port = free_port()
        first = self.start(port=port)
        self.browser.open(first.url)
        self.wait_for_model()
        self.assertEqual(self.banner(), "")
        self.ask()
        answered = self.rows()[0][1]
        first.stop()
        wait_for("the news", lambda: self.banner().startswith("The server does not answer."))
        self.assertEqual(self.rows()[0][1], answered)
        self.set(repeat=50)
        self.ask()
        self.assertIn("no answer from the server", self.rows()[0][1])
        self.assertEqual(len(self.rows()), 1)
        self.start(port=port)
        wait_for("the end of it", lambda: self.banner() == "")
        self.set(repeat=1)
        self.ask()
        self.assertEqual(self.rows()[0][1], answered)

    def test_says_that_nothing_can_be_served_and_why(self):
        os.remove(os.path.join(self.model, "tokenizer.json"))
        self.browser.open(self.start().url)
        wait_for("the news", lambda: self.banner() == "No model can be served. The list of models says why.")
        self.assertIn("cannot be served: ", self.browser.text("#model-list"))
        self.browser.click("#submit")
        self.assertEqual(self.browser.text("#message"), "Choose at least one model that is ready.")

    def test_says_that_nothing_is_loaded_and_notices_what_comes(self):
        server = self.start("--admin", "--model-root", self.here)

        def change(method, body):
            request = urllib.request.Request(server.url + "endpoints", json.dumps(body).encode(), method=method)
            with urllib.request.urlopen(request, timeout=60) as response:
                self.assertEqual(response.status, 200)

        self.browser.open(server.url)
        self.wait_for_model()
        change("DELETE", {"name": "tiny"})
        wait_for("the news", lambda: self.banner().startswith("Nothing is loaded"))
        change("POST", {"name": "again", "task": "question_answering", "model": "tiny"})
        wait_for("the model", lambda: self.visible("#model-list input[value=again]") and self.banner() == "")

    def test_shows_what_loads_and_ticks_it_when_it_is_ready(self):
        # A pipe holds the loader until something is written into it.
        gate = os.path.join(self.model, "card.json")
        os.remove(gate)
        os.mkfifo(gate)
        self.browser.open(self.start().url)
        wait_for("the news", lambda: self.banner() == "1 of 1 model still loading. What is ready can be asked already.")
        self.assertIn("loading", self.browser.text("#model-list"))
        with open(gate, "w", encoding="utf-8") as pipe:
            pipe.write("{}")
        self.wait_for_model()
        wait_for("the end of it", lambda: self.banner() == "")
        self.assertTrue(self.script("return document.querySelector('#model-list input').checked"))

    def test_asks_for_the_key_keeps_it_out_of_sight_and_goes_on(self):
        self.browser.open(self.start("--api-key", KEY).url)
        wait_for("the field", lambda: self.visible("#key"))
        self.assertEqual(self.script("return document.activeElement.id"), "key")
        self.assertEqual(self.banner(), "The server needs an API key.")
        self.screenshot("key.webp", scale=0.7, tallest=700)
        self.check_everywhere(("light", 390), ("dark", 1200))
        self.browser.keys(*"wrong", ENTER)
        wait_for("the refusal", lambda: self.browser.text("#key-message") == "The server does not accept this key.")
        self.browser.type("#key", KEY)
        self.browser.keys(ENTER)
        self.wait_for_model()
        wait_for("the end of it", lambda: not self.visible("#key") and self.banner() == "")
        self.ask()
        self.assertNotIn(KEY, self.script("return location.href + document.documentElement.outerHTML"))
        addresses = self.script("return performance.getEntriesByType('resource').map(e => e.name).join()")
        self.assertNotIn(KEY, addresses)
        self.browser.click("#snippets summary")
        self.check_snippets()
        # For the tab, until it is forgotten.
        self.browser.open(self.script("return location.href"))
        self.wait_for_model()
        self.browser.click("#forget-key")
        wait_for("the field", lambda: self.visible("#key"))

    def check_snippets(self):
        curl, python = self.browser.text("#curl"), self.browser.text("#python")
        self.assertIn('-H "Authorization: Bearer $KEY"', curl)
        environment = {**os.environ, "KEY": KEY}
        by_curl = subprocess.run(["bash", "-c", curl], capture_output=True, check=True, timeout=60, env=environment)
        self.assertIn("answer", json.loads(by_curl.stdout))
        by_python = subprocess.run(["python3", "-c", python], capture_output=True, check=True, timeout=60, env=environment)
        self.assertIn(b"'answer'", by_python.stdout)

    def test_refuses_a_key_that_no_header_can_hold(self):
        self.browser.open(self.start("--api-key", KEY).url)
        wait_for("the field", lambda: self.visible("#key"))
        self.browser.type("#key", "schlüssel")
        self.browser.keys(ENTER)
        self.assertIn("ASCII", self.browser.text("#key-message"))
        self.assertTrue(self.visible("#key"))
