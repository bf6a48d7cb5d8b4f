"""axe-core on the page that is open."""
import itertools
import os

from page_support import Places


class AxeChecks:
    def violations(self):
        if not self.script("return 'axe' in window"):
            with open(os.path.join(Places.repository, "third_party", "axe-core", "axe.min.js"), encoding="utf-8") as file:
                self.script(file.read() + "; window.axe = axe;")
        return self.browser.module("""
            const found = await axe.run();
            return found.violations.map((v) => [v.id, ...v.nodes.map((n) => n.html.slice(0, 120))]);""")

    def check_everywhere(self, *looks):
        """In both colours, wide and narrow, or in `looks`: no violation, and nothing is wider than the screen."""
        for theme, width in looks or itertools.product(("light", "dark"), (1200, 390)):
            with self.subTest(theme=theme, width=width):
                self.browser.resize(width, 1000)
                self.script("applyTheme(arguments[0])", theme)
                self.assertEqual(self.violations(), [])
                self.assertLessEqual(self.script("return document.documentElement.scrollWidth"), width)
