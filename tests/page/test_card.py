"""The card of a model."""
from page_support import ENTER, ESCAPE, INT8, MODELS, PageTest
from webdriver import wait_for


class Card(PageTest):
    def open(self, name):
        self.script("document.querySelector(`.card-button[value='${arguments[0]}']`).focus()", name)
        self.browser.keys(ENTER)
        wait_for("the card", lambda: self.visible("#card"))

    def facts(self):
        return self.script("""return Object.fromEntries([...document.querySelectorAll('#card-facts dt')].map(
            term => [term.textContent, term.nextElementSibling.textContent]))""")

    def test_tells_what_a_model_is(self):
        self.open(INT8)
        facts = self.facts()
        self.assertEqual(self.browser.text("#card-title"), INT8)
        self.assertEqual(facts["weights"], "trained")
        self.assertEqual(facts["encoder"], "6 layers of 384 features, 12 heads")
        self.assertRegex(facts["kernels"], r"\d+ × (groups|unstructured)_i8 \(int8 static")
        self.assertRegex(facts["zeros"], r"^80\.\d %$")
        self.assertIn("F1 61.4, exact match", facts["evaluation"])
        self.assertRegex(facts["memory"], r"^\d+ MB(: (\d+ MB its own, )?\d+ MB shared with other models)?$")

    def test_shows_a_picture_of_each_matrix_and_says_it_in_words(self):
        self.open(INT8)
        wait_for("the pictures", lambda: self.visible("#card canvas"))
        pictures = self.script("return [...document.querySelectorAll('#card canvas')].map(c => [c.width, c.height, c.getAttribute('aria-label')])")
        self.assertEqual(len(pictures), 36)
        self.assertEqual([picture[:2] for picture in pictures[:6]], [[32, 32]] * 4 + [[8, 32], [32, 8]])
        self.assertRegex(pictures[4][2], r"^layer 1 ffn in: 1536 × 384, [\d.]+ % zeros, (groups|unstructured)_i8, densest part \d+ % not zero$")
        # What is drawn is not empty, and not the same everywhere.
        levels = self.script("""const canvas = document.querySelector('#card canvas');
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return [...new Set(data.filter((value, i) => i % 4 === 3))].length""")
        self.assertGreater(levels, 5)
        self.screenshot("card.webp", "#card")

    def test_says_that_weights_are_random(self):
        self.choose_task("text_classification")
        self.open("sentiment")
        self.assertTrue(self.facts()["weights"].startswith("random"), self.facts())

    def test_closes_with_escape_and_gives_the_focus_back(self):
        self.open(MODELS[1])
        self.browser.keys(ESCAPE)
        wait_for("the end", lambda: not self.visible("#card"))
        self.assertEqual(self.script("return document.activeElement.value"), MODELS[1])
