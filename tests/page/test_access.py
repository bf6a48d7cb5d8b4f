"""What everybody must be able to use: colours, keyboard, screen readers, narrow screens."""
import os

from page_support import PageTest, Places


class Access(PageTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(Places.repository, "third_party", "axe-core", "axe.min.js"), encoding="utf-8") as file:
            self.script(file.read() + "; window.axe = axe;")

    def violations(self):
        return self.browser.module("""
            const found = await axe.run();
            return found.violations.map((v) => [v.id, ...v.nodes.map((n) => n.html.slice(0, 120))]);""")

    def check_everywhere(self):
        """In both colours, wide and narrow."""
        for theme in ("light", "dark"):
            for width in (1200, 390):
                with self.subTest(theme=theme, width=width):
                    self.browser.resize(width, 1000)
                    self.script("applyTheme(arguments[0])", theme)
                    self.assertEqual(self.violations(), [])
                    self.assertLessEqual(self.script("return document.documentElement.scrollWidth"), width)

    def test_axe_core_finds_what_is_there_to_find(self):
        self.script("document.body.append(document.createElement('button'))")
        self.assertEqual([violation[0] for violation in self.violations()], ["button-name"])

    def test_axe_core_finds_nothing_in_answers(self):
        self.set(repeat=2)
        self.ask()
        self.browser.click("#snippets summary")
        self.check_everywhere()
