"""Where the milliseconds of one request went."""
from page_support import INT8, PageTest
from webdriver import wait_for


class Layers(PageTest):
    def setUp(self):
        super().setUp()
        self.ask()

    def open(self):
        self.browser.click("#layers summary")
        wait_for("the bars", lambda: self.visible("#layers-view table"))

    def status(self):
        return self.script("return document.getElementById('layers-status').textContent")

    def test_shows_stages_and_layers_of_one_more_request(self):
        self.browser.click("#rows tr:nth-child(3) .choose")
        self.open()
        self.assertRegex(self.status(), rf"^One request of {INT8}, \d+ tokens\.$")
        rows = self.script("""return [...document.querySelectorAll('#layers-view .bars tr')].map(row => [
            row.cells[0].textContent, row.querySelector('svg').getAttribute('aria-label'), parseFloat(row.cells[2].textContent),
            [...row.querySelectorAll('rect')].reduce((sum, rect) => sum + rect.width.baseVal.value, 0)])""")
        self.assertEqual([row[0] for row in rows], ["request", "embeddings", *(f"layer {i}" for i in range(1, 7)), "rest"])
        self.assertRegex(rows[0][1], r"^tokenise [\d.]+ ms, queue [\d.]+ ms, inference [\d.]+ ms, answer [\d.]+ ms")
        self.assertRegex(rows[2][1], r"^query [\d.]+ ms, key .*, ffn in .*, output norm [\d.]+ ms$")
        inference = float(rows[0][1].split("inference ")[1].split(" ")[0])
        self.assertLessEqual(sum(row[2] for row in rows[1:]), 1.2 * inference + 0.1)
        # The longest is as wide as the picture, the others in proportion.
        longest = max(rows[1:], key=lambda row: row[2])
        for row in rows[1:]:
            self.assertAlmostEqual(row[3], 100 * row[2] / longest[2], delta=4)
        self.screenshot("layers.webp", "#layers")
        self.browser.click("#layers-view summary")
        head = self.script("return [...document.querySelectorAll('#layers-view thead th')].map(cell => cell.textContent)")
        self.assertEqual(head[1:4], ["embeddings", "query", "key"])

    def test_follows_the_chosen_row(self):
        self.open()
        self.browser.click("#rows tr:nth-child(3) .choose")
        wait_for("the other model", lambda: INT8 in self.status() and self.visible("#layers-view table"))

    def test_measures_again_when_told(self):
        self.open()
        self.script("document.querySelector('#layers-view table').id = 'before'")
        self.browser.click("#measure-again")
        wait_for("new bars", lambda: self.visible("#layers-view table") and not self.visible("#before"))
