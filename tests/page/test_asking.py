"""Choosing models, asking them, reading their answers."""
import json
import os
import subprocess
import sys

from page_support import ENTER, INT8, MODELS, RIGHT, TAB, PageTest
from webdriver import wait_for


class Asking(PageTest):
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
        mark = self.script("return document.querySelector('#highlight mark').textContent")
        self.assertEqual(mark, rows[0][1])
        self.assertIn("positions", mark)
        self.screenshot("page.webp", scale=0.55, tallest=2150)

    def test_choosing_a_row_shows_its_answer(self):
        self.ask()
        self.browser.click("#rows tr:nth-child(3) .choose")
        self.assertIn(INT8, self.browser.text("#answer"))
        self.assertEqual(self.script("return document.querySelector('#rows tr[aria-current=true] th').textContent"), INT8)

    def test_marks_the_right_characters_after_emoji_and_accents(self):
        self.script("document.getElementById('context').value = arguments[0];"
                            "document.getElementById('question').value = arguments[1];",
                            "😀🎉 Ünïcödé 𝔘𝔫𝔦: the café in Zürich was opened by Anna Müller in 1921.", "Who opened the café?")
        self.ask()
        mark = self.script("return document.querySelector('#highlight mark').textContent")
        self.assertEqual(mark, self.rows()[0][1])

    def test_text_from_the_user_is_never_markup(self):
        self.script("document.getElementById('context').value = arguments[0];",
                            "The <img src=x onerror=\"window.hit=1\"> tag was added by <b>Ada</b> in 1999.")
        self.script("document.getElementById('question').value = 'Who added the tag?'")
        self.ask()
        self.assertIsNone(self.script("return window.hit"))
        self.assertEqual(self.script("return document.querySelectorAll('#result img, #result b').length"), 0)

    def test_works_with_the_keyboard_alone(self):
        self.script("document.getElementById('question').focus(); document.getElementById('question').select()")
        self.browser.keys(*"When was it written?", ENTER)
        wait_for("an answer", lambda: self.script("return document.querySelectorAll('#rows tr').length") == 4)
        self.script("document.querySelector('#rows .choose').focus()")
        self.browser.keys(TAB)
        self.browser.keys(ENTER)
        self.assertEqual(self.script("return document.querySelector('#rows tr[aria-current=true]').rowIndex"), 2)

    def test_says_what_is_missing_instead_of_asking(self):
        self.browser.click("#select-none")
        self.browser.click("#submit")
        self.assertEqual(self.browser.text("#message"), "Choose at least one model that is ready.")
        self.browser.click("#select-all")

    def test_the_request_on_screen_can_be_copied_as_curl_and_python(self):
        self.script("document.getElementById('context').value = arguments[0];"
                            "document.getElementById('question').value = arguments[1];",
                            "Anna's caf\u00e9 \U0001f600 has a \"back\\slash\" and $HOME\nand was opened in 1921.", "When was Anna's caf\u00e9 opened?")
        self.ask()
        self.browser.click("#rows tr:nth-child(3) .choose")
        self.browser.click("#snippets summary")
        answer = self.rows()[2][1]
        curl, python = (self.script(f"return document.getElementById('{name}').textContent") for name in ("curl", "python"))
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
            return self.script("return getComputedStyle(document.body).backgroundColor")

        def prefer(scheme):
            self.browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

        def choose(name):
            self.script("const s = document.getElementById('theme'); s.value = arguments[0];"
                                "s.dispatchEvent(new Event('change'))", name)

        self.addCleanup(prefer, "")
        self.addCleanup(lambda: self.script("localStorage.clear()"))
        prefer("light")
        light = background()
        prefer("dark")
        dark = background()
        self.assertNotEqual(light, dark)
        choose("light")
        self.assertEqual(background(), light)
        prefer("light")
        choose("dark")
        self.browser.open(self.server.url)
        self.assertEqual(background(), dark)
        self.assertEqual(self.script("return document.getElementById('theme').value"), "dark")
        choose("system")
        self.assertEqual(background(), light)

    def tradeoff(self):
        return self.script("return [...document.querySelectorAll('#tradeoff-list li')].map(i => i.textContent)")

    def test_plots_accuracy_against_size_and_latency(self):
        self.assertEqual(self.tradeoff(), [])
        choose = ("const s = document.getElementById(arguments[0]); s.value = arguments[1];"
                  "s.dispatchEvent(new Event('change'))")
        self.script(choose, "axis", "size")
        self.assertIn(f"{MODELS[0]}: 75.9 at 45.3 MB", self.tradeoff())
        self.script(choose, "measure", "exact_match")
        self.assertIn(f"{MODELS[0]}: 64.9 at 45.3 MB", self.tradeoff())
        self.script(choose, "axis", "latency")
        self.assertEqual(self.tradeoff(), [])
        self.ask()
        points = self.tradeoff()
        self.assertEqual(len(points), 4)
        for point, row in zip(points, self.rows()):
            self.assertRegex(point, rf"^{row[0]}: \d+\.\d at {row[3]}$")
        self.assertEqual(self.script("return document.querySelectorAll('#tradeoff-plot circle').length"), 4)
        ticks = [float(text) for text in self.script(
            "return [...document.querySelectorAll('#tradeoff-plot .tick')].map(t => t.textContent)")]
        self.assertGreaterEqual(len(ticks), 2)
        self.assertRegex(f"{ticks[1]:e}", r"^[125]\.0+e")
        for i, tick in enumerate(ticks):
            self.assertAlmostEqual(tick, i * ticks[1])

    def test_counts_percentiles_and_bins(self):
        self.assertEqual(self.browser.module("""
            const { percentile, niceStep, binsFor, histogram } = await page("numbers.js");
            const values = [...Array(20).keys()].map((i) => 20 - i);
            const bins = binsFor([[1, 2, 2.4, 2.6, 3, 90]], 5);
            return [percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95),
                    niceStep(7, 10), niceStep(0.03, 10), histogram([1, 3, 3.5, 90], { first: 1, step: 1, count: 3 }),
                    binsFor([[5, 5]], 10).count, bins.first + bins.step * bins.count > 2];"""),
            [10, 19, 7, 1, 0.005, [1, 0, 3], 1, True])

    def test_asks_each_model_n_times_and_shows_how_the_times_are_spread(self):
        self.ask()
        self.assertFalse(self.visible("#spread"))
        self.set(repeat=5)
        self.ask()
        times = self.browser.module("return [...(await page('store.js')).store.times.values()]")
        self.assertEqual([len(of_model) for of_model in times], [5] * 4)
        for row in self.rows():
            self.assertLessEqual(float(row[3].split()[0]), float(row[4].split()[0]))
        figures = self.script("""return [...document.querySelectorAll('#histograms figure')].map(f => [
            f.querySelector('strong').textContent, f.querySelector('small').textContent,
            [...f.querySelectorAll('rect')].reduce((sum, bar) => sum + (bar.height.baseVal.value > 0), 0)])""")
        self.assertEqual([figure[0] for figure in figures], MODELS)
        for (_, words, bars), row, of_model in zip(figures, self.rows(), times):
            self.assertIn(f"5 requests: {min(of_model):.1f} ms to {max(of_model):.1f} ms", words)
            self.assertIn(f"p50 {row[3]}, p95 {row[4]}; most often ", words)
            self.assertTrue(1 <= bars <= 5, bars)
        self.screenshot("times.webp", "#spread")

    def test_refuses_a_number_of_times_that_makes_no_sense(self):
        self.set(repeat=0)
        self.script("document.getElementById('ask').noValidate = true")
        self.browser.click("#submit")
        self.assertEqual(self.browser.text("#message"), "Ask each model 1 to 1000 times.")

    def test_stop_breaks_off_the_request_on_its_way(self):
        gone = f'filigree_requests_total{{endpoint="{MODELS[0]}",code="499"}}'
        before = self.server.metric(gone)
        # Thousands of windows: seconds of work, of which nearly all has not begun when the client goes.
        self.set(context="The tower was built by Ada in 1921. " * 12000, question="Who built it?", repeat=1000)
        self.assertFalse(self.visible("#stop"))
        done = self.done()
        self.browser.click("#submit")
        wait_for("the button", lambda: self.visible("#stop"))
        wait_for("the request", lambda: self.server.metric("filigree_requests_in_flight") == 1)
        self.script("document.getElementById('stop').focus()")
        self.browser.keys(ENTER)
        wait_for("the end", lambda: self.done() != done)
        self.assertEqual(self.browser.text("#message"), "Stopped: 0 of 1000 rounds finished.")
        self.assertFalse(self.visible("#stop"))
        self.assertEqual(self.script("return document.activeElement.id"), "submit")
        wait_for("the server to notice", lambda: self.server.metric(gone) == before + 1)
        wait_for("the engine", lambda: self.server.metric("filigree_requests_in_flight") == 0)

    def test_stop_ends_the_repetitions(self):
        self.set(repeat=1000)
        done = self.done()
        self.browser.click("#submit")
        wait_for("a second round", lambda: self.browser.module(
            "return (await page('store.js')).store.times.values().next().value.length") > 1)
        self.browser.click("#stop")
        wait_for("the end", lambda: self.done() != done)
        self.assertRegex(self.browser.text("#message"), r"^Stopped: [1-9]\d* of 1000 rounds finished\.$")
        self.assertTrue(self.visible("#spread"))

    def test_fits_a_phone(self):
        self.browser.resize(390, 844)
        self.ask()
        # The answer is below the models: it comes into view by itself.
        self.assertLess(self.script("return document.getElementById('answer').getBoundingClientRect().bottom"), 844)
        label, number = (self.script(f"return document.querySelector('{css}').getBoundingClientRect().bottom")
                         for css in ("label[for=repeat]", "#repeat"))
        self.assertLess(abs(label - number), 20)
        width = self.script("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, 390)
        right = self.script("return document.getElementById('rows-hint').getBoundingClientRect().right")
        self.assertLessEqual(right, 390)
        # The columns that do not fit are reached without a finger too.
        self.script("document.querySelector('.scroll').focus()")
        self.browser.keys(RIGHT)
        wait_for("the table to scroll", lambda: self.script("return document.querySelector('.scroll').scrollLeft") > 0)
        self.script("applyTheme('dark')")
        self.screenshot("phone.webp", tallest=2000)

    def test_loads_nothing_from_elsewhere_and_logs_no_error(self):
        self.ask()
        urls = set(self.script("return performance.getEntriesByType('resource').map(e => e.name)"))
        self.assertTrue(urls)
        for url in urls:
            self.assertTrue(url.startswith(self.server.url) or url.startswith("data:"), url)
        severe = [entry for entry in self.browser.log("browser") if entry["level"] == "SEVERE"]
        self.assertEqual(severe, [])
