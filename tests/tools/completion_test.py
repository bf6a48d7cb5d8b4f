"""The completion scripts in real shells on a pseudo-terminal, and the manual page through groff.

    completion_test.py FILIGREE

A line is typed, TAB pressed, and the line then turned into a printf that shows what it became.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

FILIGREE = os.path.abspath(sys.argv[1])
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "bind 'set enable-bracketed-paste off'; PS1=; source <(filigree completion bash)"),
    "zsh": (["zsh", "-f", "-i"],
            "PROMPT=; setopt no_auto_remove_slash; unset zle_bracketed_paste; fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D"),
}


class Shell:
    def __init__(self, name, folder):
        arguments, setup = START[name]
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            environment = {"PATH": f"{os.path.dirname(FILIGREE)}:{os.environ['PATH']}", "TERM": "xterm", "HOME": folder,
                           "LC_ALL": "C.UTF-8", "COLUMNS": "300"}
            os.execvpe(arguments[0], arguments, environment)
        self.send(setup + "; stty columns 300; printf 'READY%s\\n' Y\r")
        self.read_until(r"READYY")

    def send(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, pattern, seconds=60):
        text, deadline = "", time.monotonic() + seconds
        while not (found := re.search(pattern, text)):
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {pattern!r} within {seconds} s in {text!r}")
            text += os.read(self.terminal, 65536).decode(errors="replace")
        return found

    def completed(self, line):
        """The words that `line` has after TAB."""
        self.send(line + "\t")
        time.sleep(0.3)  # what is typed during completion may be dropped when the line is drawn again
        self.send("\x01printf 'LINE%s' '' ; printf '[%s]' \x05 ; echo END''MARK\r")
        words = self.read_until(r"LINE((?:\[[^\]]*\])+)\s*END" + "MARK").group(1)
        return re.findall(r"\[([^\]]*)\]", words)[1:]

    def close(self):
        self.send("\x15exit\r")
        os.close(self.terminal)
        os.waitpid(self.child, 0)


class Completion:
    """What both shells must do."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.makedirs(os.path.join(cls.folder.name, "functions"))
        os.makedirs(os.path.join(cls.folder.name, "a model"))
        with open(os.path.join(cls.folder.name, "a model.yaml"), "w", encoding="utf-8"):
            pass
        with open(os.path.join(cls.folder.name, "functions", "_filigree"), "wb") as file:
            subprocess.run([FILIGREE, "completion", "zsh"], stdout=file, check=True)
        cls.shell = Shell(cls.name, cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.shell.close()
        cls.folder.cleanup()

    def check(self, typed, *expected):
        self.assertEqual(self.shell.completed(typed), list(expected))

    def test_commands(self):
        self.check("filigree selft", "selftest")
        self.check("filigree help selft", "help", "selftest")
        self.check("filigree eval sq", "eval", "squad")

    def test_flags(self):
        self.check("filigree selftest --num", "selftest", "--num-cores")
        self.check("filigree eval squad --data", "eval", "squad", "--dataset")

    def test_values(self):
        self.check("filigree selftest --isa sc", "selftest", "--isa", "scalar")
        self.check("filigree selftest --isa=sc", "selftest", "--isa=scalar")
        self.check("filigree selftest --isa a", "selftest", "--isa", "avx")

    def test_folders(self):
        self.check("filigree tokenize --model-path a", "tokenize", "--model-path", "a model/")

    def test_files(self):
        self.check("filigree serve --config-file a\\ model.", "serve", "--config-file", "a model.yaml")


class Bash(Completion, unittest.TestCase):
    name = "bash"

    def test_underscores(self):
        self.check("filigree selftest --num_", "selftest", "--num_cores")
        self.check("filigree tokenize --model_path a", "tokenize", "--model_path", "a model/")


class Zsh(Completion, unittest.TestCase):
    name = "zsh"


class Manual(unittest.TestCase):
    def test_groff_has_nothing_to_say(self):
        page = subprocess.run([FILIGREE, "manual"], capture_output=True, check=True).stdout
        shown = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-P-cbou"], input=page, capture_output=True, check=True)
        self.assertEqual(shown.stderr, b"")
        self.assertIn(b"--model-path DIR", shown.stdout)
        self.assertIn(b"filigree selftest", shown.stdout)


if __name__ == "__main__":
    for tool in ("bash", "zsh", "groff"):
        assert shutil.which(tool), f"{tool} is missing; tools/packages lists its package"
    unittest.main(argv=sys.argv[:1])
