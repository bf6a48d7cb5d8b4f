#!/usr/bin/env python3
"""Drives the page in headless Chromium against a real server with the bundled models.

    page_test.py FILIGREE_BINARY REPOSITORY SCREENSHOT_DIR

Exit code 77 means skipped: no Chromium here. With CI set that is a failure.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import webdriver
from webdriver import wait_for

BINARY, REPOSITORY, SCREENSHOTS = sys.argv[1:4]
MODELS = ["minilm6-squad-dense", "minilm6-squad-pruned80", "minilm6-squad-pruned80-int8",
          "minilm6-squad-pruned80-block4-int8"]
INT8 = "minilm6-squad-pruned80-int8"
TAB, SPACE, ENTER, CONTROL, RIGHT = "\ue004", " ", "\ue007", "\ue009", "\ue014"


def write_config(path, folder):
    lines = ["endpoints:"]
    for name, model in [(m, m) for m in MODELS] + [("question_answering", INT8), ("broken", "no-such-model")]:
        base = folder if name == "broken" else os.path.join(REPOSITORY, "third_party", "models")
        lines += [f"  - name: {name}", "    task: question_answering", f"    model: {json.dumps(os.path.join(base, model))}"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="filigree-page-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        broken = os.path.join(cls.folder, "no-such-model")
        os.mkdir(broken)
        with open(os.path.join(broken, "model.onnx"), "wb") as file:
            file.write(b"not a model")
        config = os.path.join(cls.folder, "config.yaml")
        write_config(config, cls.folder)
        port = webdriver.free_port()
        cls.url = f"http://127.0.0.1:{port}/"
        cls.log = open(os.path.join(SCREENSHOTS, "page_test_server.log"), "wb")
        cls.addClassCleanup(cls.log.close)
        cls.server = subprocess.Popen([BINARY, "serve", "--no-cache", "--config-file", config, "--host", "127.0.0.1", "--port", str(port)],
                                      stdout=cls.log, stderr=cls.log)
        cls.addClassCleanup(cls.stop_server)
        wait_for("the port to open", cls.port_open)
        cls.browser = webdriver.Browser(os.path.join(cls.folder, "profile"))
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def port_open(cls):
        if cls.server.poll() is not None:
            raise AssertionError(f"the server ended with code {cls.server.returncode}, see {cls.log.name}")
        try:
            with urllib.request.urlopen(cls.url + "v2/health/live", timeout=5):
                return True
        except OSError:
            return False

    @classmethod
    def stop_server(cls):
        cls.server.send_signal(signal.SIGTERM)
        try:
            cls.server.wait(30)
        finally:
            cls.server.kill()

    def setUp(self):
        self.browser.resize(1200, 1000)
        self.browser.open(self.url)
        wait_for("four ready models", lambda: self.browser.script(
            "return document.querySelectorAll('#model-list input:not(:disabled)').length") == 4)

    def ask(self):
        before = self.browser.script("return document.getElementById('result').dataset.done || '0'")
        self.browser.click("#submit")
        wait_for("the answers", lambda: self.browser.script(
            "return document.getElementById('result').dataset.done || '0'") != before)

    def rows(self):
        return self.browser.script(
            "return [...document.querySelectorAll('#rows tr')].map(r => [...r.children].map(c => c.textContent))")

    def test_lists_models_with_sparsity_size_f1_and_says_which_cannot_be_served(self):
        text = self.browser.text("#model-list")
        for model in MODELS:
            self.assertIn(model, text)
        self.assertIn("80 % zeros", text)
        self.assertIn("F1 61.4", text)
        self.assertIn("also named question_answering", text)
        self.assertRegex(text, r"broken\ncannot be served: .*no-such-model: found neither")

    def test_answers_with_every_model_and_marks_the_answer_in_the_context(self):
        self.ask()
        rows = self.rows()
        self.assertEqual([row[0] for row in rows], MODELS)
        for row in rows:
            self.assertTrue(row[1], row)
            self.assertRegex(row[3], r"^\d+\.\d ms$")
            self.assertEqual(row[4], row[3])
            self.assertRegex(row[5], r"^\d+\.\d ms$")
        mark = self.browser.script("return document.querySelector('#highlight mark').textContent")
        self.assertEqual(mark, rows[0][1])
        self.assertIn("positions", mark)
        self.browser.screenshot(os.path.join(SCREENSHOTS, "page.png"))

    def test_choosing_a_row_shows_its_answer(self):
        self.ask()
        self.browser.click("#rows tr:nth-child(3) .choose")
        self.assertIn(INT8, self.browser.text("#answer"))
        self.assertEqual(self.browser.script("return document.querySelector('#rows tr[aria-current=true] th').textContent"), INT8)

    def test_marks_the_right_characters_after_emoji_and_accents(self):
        self.browser.script("document.getElementById('context').value = arguments[0];"
                            "document.getElementById('question').value = arguments[1];",
                            "😀🎉 Ünïcödé 𝔘𝔫𝔦: the café in Zürich was opened by Anna Müller in 1921.", "Who opened the café?")
        self.ask()
        mark = self.browser.script("return document.querySelector('#highlight mark').textContent")
        self.assertEqual(mark, self.rows()[0][1])

    def test_text_from_the_user_is_never_markup(self):
        self.browser.script("document.getElementById('context').value = arguments[0];",
                            "The <img src=x onerror=\"window.hit=1\"> tag was added by <b>Ada</b> in 1999.")
        self.browser.script("document.getElementById('question').value = 'Who added the tag?'")
        self.ask()
        self.assertIsNone(self.browser.script("return window.hit"))
        self.assertEqual(self.browser.script("return document.querySelectorAll('#result img, #result b').length"), 0)

    def test_works_with_the_keyboard_alone(self):
        self.browser.script("document.getElementById('question').focus(); document.getElementById('question').select()")
        self.browser.keys(*"When was it written?", ENTER)
        wait_for("an answer", lambda: self.browser.script("return document.querySelectorAll('#rows tr').length") == 4)
        self.browser.script("document.querySelector('#rows .choose').focus()")
        self.browser.keys(TAB)
        self.browser.keys(ENTER)
        self.assertEqual(self.browser.script("return document.querySelector('#rows tr[aria-current=true]').rowIndex"), 2)

    def test_says_what_is_missing_instead_of_asking(self):
        self.browser.click("#select-none")
        self.browser.click("#submit")
        self.assertEqual(self.browser.text("#message"), "Choose at least one model that is ready.")
        self.browser.click("#select-all")

    def test_the_request_on_screen_can_be_copied_as_curl_and_python(self):
        self.browser.script("document.getElementById('context').value = arguments[0];"
                            "document.getElementById('question').value = arguments[1];",
                            "Anna's caf\u00e9 \U0001f600 has a \"back\\slash\" and $HOME\nand was opened in 1921.", "When was Anna's caf\u00e9 opened?")
        self.ask()
        self.browser.click("#rows tr:nth-child(3) .choose")
        self.browser.click("#snippets summary")
        answer = self.rows()[2][1]
        curl, python = (self.browser.script(f"return document.getElementById('{name}').textContent") for name in ("curl", "python"))
        self.assertIn(f"/v2/models/{INT8}/infer", curl)
        by_curl = subprocess.run(["bash", "-c", curl], capture_output=True, check=True, timeout=60)
        self.assertEqual(json.loads(by_curl.stdout)["answer"], answer)
        by_python = subprocess.run([sys.executable, "-c", python], capture_output=True, check=True, timeout=60,
                                   env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        self.assertIn(repr(answer), by_python.stdout.decode())
        self.browser.click("button[data-copy=curl]")
        wait_for("what became of it", lambda: self.browser.text("#copied"))

    def test_colours_follow_the_system_until_one_is_chosen(self):
        def background():
            return self.browser.script("return getComputedStyle(document.body).backgroundColor")

        def prefer(scheme):
            self.browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

        def choose(name):
            self.browser.script("const s = document.getElementById('theme'); s.value = arguments[0];"
                                "s.dispatchEvent(new Event('change'))", name)

        self.addCleanup(prefer, "")
        self.addCleanup(lambda: self.browser.script("localStorage.clear()"))
        prefer("light")
        light = background()
        prefer("dark")
        dark = background()
        self.assertNotEqual(light, dark)
        choose("light")
        self.assertEqual(background(), light)
        prefer("light")
        choose("dark")
        self.browser.open(self.url)
        self.assertEqual(background(), dark)
        self.assertEqual(self.browser.script("return document.getElementById('theme').value"), "dark")
        choose("system")
        self.assertEqual(background(), light)

    def tradeoff(self):
        return self.browser.script("return [...document.querySelectorAll('#tradeoff-list li')].map(i => i.textContent)")

    def test_plots_accuracy_against_size_and_latency(self):
        self.assertEqual(self.tradeoff(), [])
        choose = ("const s = document.getElementById(arguments[0]); s.value = arguments[1];"
                  "s.dispatchEvent(new Event('change'))")
        self.browser.script(choose, "axis", "size")
        self.assertIn(f"{MODELS[0]}: 75.9 at 45.3 MB", self.tradeoff())
        self.browser.script(choose, "measure", "exact_match")
        self.assertIn(f"{MODELS[0]}: 64.9 at 45.3 MB", self.tradeoff())
        self.browser.script(choose, "axis", "latency")
        self.assertEqual(self.tradeoff(), [])
        self.ask()
        points = self.tradeoff()
        self.assertEqual(len(points), 4)
        for point, row in zip(points, self.rows()):
            self.assertRegex(point, rf"^{row[0]}: \d+\.\d at {row[3]}$")
        self.assertEqual(self.browser.script("return document.querySelectorAll('#tradeoff-plot circle').length"), 4)

    def test_asks_each_model_n_times_and_shows_percentiles(self):
        percentiles = self.browser.script("const v = [...Array(20).keys()].map(i => 20 - i);"
                                          "return [percentile(v, 0.5), percentile(v, 0.95), percentile([7], 0.95)]")
        self.assertEqual(percentiles, [10, 19, 7])
        self.browser.script("document.getElementById('repeat').value = 5")
        self.ask()
        self.assertEqual(self.browser.script("return [...state.times.values()].map(t => t.length)"), [5] * 4)
        for row in self.rows():
            self.assertLessEqual(float(row[3].split()[0]), float(row[4].split()[0]))
        self.browser.script("document.getElementById('repeat').value = 0")
        self.browser.script("document.getElementById('ask').noValidate = true")
        self.browser.click("#submit")
        self.assertEqual(self.browser.text("#message"), "Ask each model 1 to 1000 times.")

    def violations(self):
        return self.browser.call("POST", "/execute/async", {"args": [], "script": (
            "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v =>"
            "[v.id, ...v.nodes.map(n => n.html.slice(0, 120))])), e => done(String(e)))")})

    def test_axe_core_finds_nothing_in_any_colours_and_width(self):
        self.ask()
        self.browser.click("#snippets summary")
        with open(os.path.join(REPOSITORY, "third_party", "axe-core", "axe.min.js"), encoding="utf-8") as file:
            self.browser.script(file.read() + "; window.axe = axe;")
        for theme in ("light", "dark"):
            for width in (1200, 390):
                with self.subTest(theme=theme, width=width):
                    self.browser.resize(width, 1000)
                    self.browser.script("applyTheme(arguments[0])", theme)
                    self.assertEqual(self.violations(), [])
        # It does find what is there to find.
        self.browser.script("document.body.append(document.createElement('button'))")
        self.assertEqual([violation[0] for violation in self.violations()], ["button-name"])

    def test_fits_a_phone(self):
        self.browser.resize(390, 844)
        self.ask()
        width = self.browser.script("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, 390)
        right = self.browser.script("return document.getElementById('rows-hint').getBoundingClientRect().right")
        self.assertLessEqual(right, 390)
        # The columns that do not fit are reached without a finger too.
        self.browser.script("document.querySelector('.scroll').focus()")
        self.browser.keys(RIGHT)
        wait_for("the table to scroll", lambda: self.browser.script("return document.querySelector('.scroll').scrollLeft") > 0)
        self.browser.screenshot(os.path.join(SCREENSHOTS, "page-phone.png"))

    def test_loads_nothing_from_elsewhere_and_logs_no_error(self):
        self.ask()
        urls = set(self.browser.script("return performance.getEntriesByType('resource').map(e => e.name)"))
        self.assertTrue(urls)
        for url in urls:
            self.assertTrue(url.startswith(self.url) or url.startswith("data:"), url)
        severe = [entry for entry in self.browser.log("browser") if entry["level"] == "SEVERE"]
        self.assertEqual(severe, [])


if __name__ == "__main__":
    if not webdriver.have_browser():
        print("skipped: chromium and chromedriver are not installed")
        sys.exit(1 if os.environ.get("CI") else 77)
    os.makedirs(SCREENSHOTS, exist_ok=True)
    unittest.main(argv=[sys.argv[0], "-v"])
