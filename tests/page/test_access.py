"""What everybody must be able to use: colours, keyboard, screen readers, narrow screens."""
from axe import AxeChecks
from page_support import PageTest


class Access(AxeChecks, PageTest):
    def setUp(self):
        super().setUp()
        self.add_axe()

    def test_axe_core_finds_what_is_there_to_find(self):
        self.script("document.body.append(document.createElement('button'))")
        self.assertEqual([violation[0] for violation in self.violations()], ["button-name"])

    def test_axe_core_finds_nothing_in_answers(self):
        self.set(repeat=2)
        self.ask()
        self.browser.click("#snippets summary")
        self.check_everywhere()
