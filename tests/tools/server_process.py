"""`filigree serve` as a process of its own, asked over loopback."""
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time

# Not that of whoever runs the tests; gone with the process.
CACHE = tempfile.TemporaryDirectory()
os.environ["FILIGREE_CACHE_DIR"] = os.path.join(CACHE.name, "cache")


class ServerProcess:
    """`filigree serve` on a free port; the port is read from its first line.

    `environment` adds to that of the test; `options` are Popen's, over those for logged() and the port.
    """

    def __init__(self, binary, *arguments, environment=None, **options):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([binary, "serve", "--host", "127.0.0.1", "--port", "0", *arguments], **{
            "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": self.log, "text": True,
            "env": {**os.environ, **(environment or {})}, **options})
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)/\n", line)
        if not found:
            self.kill()
            raise AssertionError(f"first line is {line!r}; log: {self.logged()}")
        self.port = int(found.group(1))

    def logged(self):
        if self.log.closed:
            return self.last_log
        # The server shares the offset of the file, so it must not move.
        return os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0).decode()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode(), response.headers
        finally:
            connection.close()

    def post(self, path, value):
        status, text, _ = self.ask("POST", path, json.dumps(value), {"content-type": "application/json"})
        return status, json.loads(text)

    def wait_until_ready(self):
        deadline = time.monotonic() + 120
        while self.ask("GET", "/v2/health/ready")[0] != 200:
            if time.monotonic() > deadline:
                raise AssertionError("not ready after 120 s; log: " + self.logged())
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.kill()

    def kill(self):
        """Again or after stop() it does nothing; the log can still be read."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.last_log = self.logged()
        self.log.close()
