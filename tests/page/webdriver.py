"""A small W3C WebDriver client for chromedriver, standard library only."""
import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Chromium must not look for anything outside the machine.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         "--remote-debugging-pipe"]  # without it chromedriver looks up localhost, which needs /etc/hosts


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


class Browser:
    def __init__(self, profile_dir, width=1200, height=1000):
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen([shutil.which("chromedriver"), f"--port={port}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        wait_for("chromedriver", self._answers)
        options = {"args": FLAGS + [f"--user-data-dir={profile_dir}", f"--window-size={width},{height}"],
                   "binary": shutil.which("chromium")}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}
        self.session = self._call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def _answers(self):
        try:
            return self._call("GET", "/status")["ready"]
        except (OSError, urllib.error.URLError):
            return False

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from error

    def call(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def script(self, source, *args):
        return self.call("POST", "/execute/sync", {"script": source, "args": list(args)})

    def module(self, source, *args):
        """The value of the body of an async function; page("x.js") in it is a module of the page."""
        answer = self.call("POST", "/execute/async", {"args": list(args), "script": (
            "const done = arguments[arguments.length - 1];"
            "const page = (name) => import(new URL(name, document.baseURI));"
            f"(async () => {{ {source} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}))")})
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"/element/{self.find(css)}/click", {})

    def type(self, css, text):
        self.call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def keys(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, css):
        return self.call("GET", f"/element/{self.find(css)}/text")

    def resize(self, width, height):
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def screenshot(self, path, css=None, scale=1, tallest=10000):
        """Of the whole page, or of what `css` finds, its upper `tallest` pixels; the end of the path says png or webp."""
        x, y, width, height = self.script("""
            const node = document.querySelector(arguments[0] || 'html');
            const box = node.getBoundingClientRect();
            return [box.x + scrollX, box.y + scrollY, Math.max(box.width, arguments[0] ? 0 : node.scrollWidth), box.height];""", css)
        kind = path.rsplit(".", 1)[-1]
        shot = self.call("POST", "/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {
            "captureBeyondViewport": True, "format": kind, **({"quality": 50} if kind == "webp" else {}),
            "clip": {"x": x, "y": y, "width": width, "height": min(height, tallest), "scale": scale}}})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            if self.session:
                self._call("DELETE", f"/session/{self.session}")
        finally:
            self.driver.terminate()
            self.driver.wait()


def have_browser():
    return bool(shutil.which("chromium") and shutil.which("chromedriver") and os.access(shutil.which("chromium"), os.X_OK))
