"""The tasks beside question answering. Their models have random weights: what they answer does not matter."""
from page_support import PageTest


class Tasks(PageTest):
    def detail(self, css):
        return self.script("return [...document.querySelectorAll('#detail ' + arguments[0])].map(n => n.textContent)", css)

    def test_offers_the_tasks_that_are_served(self):
        self.assertEqual(
            self.script("return [...document.querySelectorAll('#task option')].map(o => o.value)"),
            ["question_answering", "text_classification", "token_classification", "zero_shot_text_classification",
             "transformers_embedding_extraction"])

    def test_text_classification_shows_every_label_with_its_share(self):
        self.choose_task("text_classification")
        self.ask()
        labels = self.detail("tr th")
        self.assertEqual(sorted(labels), ["negative", "neutral", "positive"])
        shares = [float(text.split()[0]) for text in self.detail("tr td:last-child")]
        self.assertAlmostEqual(sum(shares), 100, delta=0.2)
        self.assertEqual(shares, sorted(shares, reverse=True))
        row = self.rows()[0]
        self.assertEqual(row[:2], ["sentiment", labels[0]])
        self.assertAlmostEqual(100 * float(row[2]), shares[0], delta=0.6)

    def test_token_classification_marks_entities_in_the_text(self):
        self.choose_task("token_classification")
        text = "😀 Zoë met Ada in Zürich."
        self.script("document.getElementById('inputs-text').value = arguments[0]", text)
        self.ask()
        # Every token has some label here, so the marks without their labels, and what is between them, are the text.
        shown = self.script("""const box = document.querySelector('#detail blockquote').cloneNode(true);
            const kinds = [...box.querySelectorAll('small')].map(n => { n.remove(); return n.textContent; });
            return [box.textContent, kinds];""")
        self.assertEqual(shown[0], text)
        self.assertTrue(set(shown[1]) <= {"O", "PER", "LOC"}, shown[1])
        self.assertIn("entit", self.rows()[0][1])
        self.screenshot("entities.webp", scale=0.7, tallest=860)

    def test_neighbouring_tokens_of_one_entity_are_one_mark(self):
        self.assertEqual(self.browser.module("""
            const { spansOf } = await page("task_token_classification.js");
            const token = (entity, start, end) => ({ entity, score: 1, start, end });
            return spansOf([token("B-PER", 0, 3), token("I-PER", 4, 6), token("I-PER", 6, 9), token("B-PER", 10, 12),
                            token("I-LOC", 13, 15), token("I-LOC", 20, 22)]).map((s) => [s.kind, s.begin, s.end]);"""),
            [["PER", 0, 9], ["PER", 10, 12], ["LOC", 13, 15], ["LOC", 20, 22]])

    def test_zero_shot_classification_takes_labels_from_the_page(self):
        self.choose_task("zero_shot_text_classification")
        self.set(labels="tea, coffee")
        self.ask()
        self.assertEqual(sorted(self.detail("tr th")), ["coffee", "tea"])
        self.set(labels="")
        self.ask()
        self.assertIn("labels", self.rows()[0][1])
        self.assertTrue(self.visible("#rows td.error"))

    def test_embeddings_are_compared_whatever_the_endpoint_answers(self):
        self.choose_task("transformers_embedding_extraction")
        self.set(texts="a dog\n\na dog\nthe bank")
        self.ask()
        self.assertEqual(self.rows()[0][1], "3 vectors of 64")
        for row in (1, 2):
            if row == 2:
                self.browser.click("#rows tr:nth-child(2) .choose")
            cells = self.script("return [...document.querySelectorAll('#detail tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
            self.assertEqual([line[0] for line in cells], ["1. a dog", "2. a dog", "3. the bank"])
            self.assertEqual([cells[0][3], cells[0][4], cells[2][5]], ["1.000"] * 3)
            self.assertEqual(cells[0][5], cells[2][3])
            self.assertLess(float(cells[0][5]), 1)
        self.assertIn("their means are compared", self.browser.text("#detail .note"))

    def test_another_task_has_its_own_snippets_and_forgets_the_answers(self):
        self.ask()
        self.choose_task("text_classification")
        self.assertFalse(self.visible("#result"))
        self.ask()
        self.browser.click("#snippets summary")
        self.assertIn('"sequences"', self.browser.text("#curl"))
        self.choose_task("question_answering")
        self.assertEqual(self.script("return document.querySelectorAll('#model-list input:not(:disabled)').length"), 4)
