"""/docs: the paths of openapi.json with forms."""
import json
import urllib.request

from axe import AxeChecks
from page_support import INT8, MODELS, PageTest
from webdriver import wait_for


class Docs(AxeChecks, PageTest):
    def setUp(self):
        super().setUp()
        self.open_docs()

    def open_docs(self):
        self.browser.open(self.server.url + "docs")
        wait_for("the paths", lambda: "operations" in self.browser.text("#count"))

    def open_operation(self, name):
        """Opens the details of METHOD PATH and returns the number of its form."""
        find = ("const all = [...document.querySelectorAll('details.operation')];"
                "const wanted = all.find(d => d.querySelector('code').textContent === arguments[0]);")
        self.script(find + "wanted.open = true", name)
        button = find + "return (wanted.querySelector('button[type=submit]') || {}).id"
        wait_for("the form", lambda: self.script(button, name))
        return self.script(button, name).removeprefix("send-")

    def send(self, number):
        self.browser.click(f"#send-{number}")
        wait_for("an answer", lambda: " ms\n" in self.script(
            f"return document.getElementById('answer-{number}').textContent"))
        return self.script(f"return document.getElementById('answer-{number}').textContent")

    def test_docs_list_every_operation_of_the_document(self):
        with urllib.request.urlopen(self.server.url + "openapi.json", timeout=10) as response:
            paths = json.load(response)["paths"]
        expected = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
        shown = self.script("return [...document.querySelectorAll('details.operation code')].map(c => c.textContent)")
        self.assertEqual(set(shown), expected)
        self.assertEqual(len(shown), len(expected))
        groups = self.script("return [...document.querySelectorAll('#operations h2')].map(h => h.textContent)")
        self.assertEqual(groups[:2], MODELS[:2])
        self.assertEqual(groups[-3:], ["server", "endpoints", "page"])
        self.assertEqual(self.browser.text("#count"), f"{len(expected)} operations")

    def test_docs_ask_the_server_with_the_example_the_tensors_and_what_is_typed(self):
        number = self.open_operation(f"POST /v2/models/{INT8}/infer")
        text = self.send(number)
        self.assertRegex(text, r"^200 in \d+\.\d ms\n")
        self.assertIn("Lindqvist", json.loads(text.split("\n", 1)[1])["answer"])
        self.screenshot("docs.png")
        self.script("const s = document.getElementById(arguments[0]); s.value = 'tensors';"
                            "s.dispatchEvent(new Event('change'))", f"example-{number}")
        self.assertEqual(json.loads(self.send(number).split("\n", 1)[1])["model_name"], INT8)
        self.script("document.getElementById(arguments[0]).value = '{}'", f"body-{number}")
        self.browser.log("browser")
        self.assertRegex(self.send(number), r"^422 in ")
        # Taken out of the log, which another test expects to be empty.
        self.assertEqual([entry["source"] for entry in self.browser.log("browser")], ["network"])

    def test_axe_core_finds_nothing_in_docs(self):
        self.send(self.open_operation(f"POST /v2/models/{INT8}/infer"))
        self.check_everywhere()
