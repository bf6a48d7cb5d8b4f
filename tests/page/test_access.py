"""What everybody must be able to use: colours, keyboard, screen readers, narrow screens."""
from axe import AxeChecks
from page_support import PageTest
from webdriver import wait_for


class Access(AxeChecks, PageTest):
    def test_axe_core_finds_what_is_there_to_find(self):
        self.script("document.body.append(document.createElement('button'))")
        self.assertEqual([violation[0] for violation in self.violations()], ["button-name"])

    def test_axe_core_finds_nothing_in_answers(self):
        self.set(repeat=2)
        self.ask()
        self.browser.click("#snippets summary")
        self.browser.click("#layers summary")
        wait_for("the bars", lambda: self.visible("#layers-view details"))
        self.browser.click("#layers-view summary")
        self.check_everywhere()

    def test_axe_core_finds_nothing_in_the_card_of_a_model(self):
        self.browser.click(".card-button")
        wait_for("the pictures", lambda: self.visible("#card canvas"))
        self.check_everywhere()

    def test_axe_core_finds_nothing_in_other_tasks(self):
        for task in ("text_classification", "token_classification", "zero_shot_text_classification",
                     "transformers_embedding_extraction"):
            with self.subTest(task=task):
                self.choose_task(task)
                self.ask()
                self.script("for (const details of document.querySelectorAll('#detail details')) details.open = true")
                self.check_everywhere(("light", 1200), ("dark", 390))
