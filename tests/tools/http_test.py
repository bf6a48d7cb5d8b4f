#!/usr/bin/env python3
"""The server as a process, asked over loopback.

    http_test.py FILIGREE_BINARY REPOSITORY
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from server_process import ServerProcess

BINARY, REPOSITORY = sys.argv[1:3]
MODEL = os.path.join(REPOSITORY, "third_party", "models", "minilm6-squad-pruned80-int8")
INFER = "/v2/models/question_answering/infer"
CONTEXT = "The bridge was built by Ada Byron in 1843, of stone."
QUESTION = {"question": "Who built the bridge?", "context": CONTEXT}


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess(BINARY, "--task", "question_answering", "--model_path", MODEL)
        cls.addClassCleanup(cls.server.stop)
        cls.server.wait_until_ready()

    def test_answers_with_code_point_offsets(self):
        status, answer = self.server.post(INFER, QUESTION)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["answer"], "Ada Byron")
        self.assertEqual(CONTEXT[answer["start"]:answer["end"]], "Ada Byron")
        self.assertIsInstance(answer["score"], float)

    def test_offsets_count_code_points_not_bytes(self):
        context = "\U0001F309 Brücke: " + CONTEXT
        status, answer = self.server.post(INFER, {**QUESTION, "context": context})
        self.assertEqual(status, 200, answer)
        self.assertEqual(context[answer["start"]:answer["end"]], answer["answer"])

    def test_health_and_metadata(self):
        for path in ["/v2/health/live", "/v2/health/ready", "/v2", "/config", "/metrics",
                     "/v2/models/question_answering", "/v2/models/question_answering/ready", "/"]:
            self.assertEqual(self.server.ask("GET", path)[0], 200, path)

    def test_metrics_count_requests_and_errors(self):
        self.server.post(INFER, QUESTION)
        self.server.post(INFER, {})
        text = self.server.ask("GET", "/metrics")[1]
        for part in ["request", "error", "question_answering"]:
            self.assertIn(part, text)

    def test_bad_json_is_400(self):
        status, text, _ = self.server.ask("POST", INFER, '{"question": ', {"content-type": "application/json"})
        self.assertEqual(status, 400, text)
        json.loads(text)

    def test_invalid_utf8_is_400(self):
        status, text, _ = self.server.ask("POST", INFER, b'{"question": "\xff", "context": "c"}')
        self.assertEqual(status, 400, text)

    def test_missing_and_wrong_fields_are_422_and_named(self):
        for body, field in [({"question": "q"}, "context"), ({"context": "c"}, "question"),
                            ({"question": 1, "context": "c"}, "question")]:
            status, answer = self.server.post(INFER, body)
            self.assertEqual(status, 422, answer)
            self.assertIn(field, json.dumps(answer))

    def test_unknown_route_is_404_and_lists_the_endpoints(self):
        status, answer = self.server.post("/v2/models/nobody/infer", QUESTION)
        self.assertEqual(status, 404)
        self.assertIn(INFER, json.dumps(answer))

    def test_wrong_method_is_405(self):
        status, text, headers = self.server.ask("GET", INFER)
        self.assertEqual(status, 405, text)
        self.assertIn("POST", headers.get("Allow", ""))
        self.assertEqual(self.server.ask("POST", "/v2/health/live", "{}")[0], 405)

    def test_body_over_the_limit_is_413(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=120) as client:
            client.sendall(f"POST {INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n".encode())
            self.assertIn(b" 413 ", client.makefile("rb").readline())

    def test_empty_and_endless_questions_are_answered(self):
        for body in [{"question": "", "context": ""}, {"question": "q", "context": ""}, {"question": "", "context": "c"},
                     {"question": "why " * 500, "context": CONTEXT}, {"question": "Who?", "context": CONTEXT * 50}]:
            status, answer = self.server.post(INFER, body)
            self.assertEqual(status, 200, answer)
            self.assertEqual(set(answer) - {"warning"}, {"score", "answer", "start", "end"})

    def test_many_clients_at_once_get_the_same_answer(self):
        answers = []
        clients = [threading.Thread(target=lambda: answers.append(self.server.post(INFER, QUESTION))) for _ in range(32)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(len(answers), 32)
        for answer in answers:
            self.assertEqual(answer, answers[0])


class ProcessTest(unittest.TestCase):
    def test_sigterm_answers_what_is_in_flight_and_exits_with_0(self):
        server = ServerProcess(BINARY, "--task", "question_answering", "--model_path", MODEL)
        server.wait_until_ready()
        answers = []
        body = {"question": "Who?", "context": CONTEXT * 300}
        client = threading.Thread(target=lambda: answers.append(server.post(INFER, body)))
        client.start()
        while client.is_alive() and not re.search(r"[1-9]", " ".join(
                re.findall(r"^\S*in_flight\S* (\S+)", server.ask("GET", "/metrics")[1], re.M))):
            time.sleep(0.002)
        self.assertEqual(server.stop(), 0)
        client.join()
        self.assertEqual([status for status, _ in answers], [200])

    def test_hot_reload_under_load_never_shows_a_client_an_error(self):
        models = [os.path.join(os.path.dirname(MODEL), name)
                  for name in ["minilm6-squad-pruned80-int8", "minilm6-squad-pruned80"]]
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "reload.yaml")

            def write(text):
                with open(file + ".new", "w", encoding="utf-8") as config:
                    config.write(text)
                os.replace(file + ".new", file)

            def endpoints(*paths):
                return "endpoints:\n" + "".join(f"  - {{name: m{i}, task: qa, model: {json.dumps(path)}}}\n"
                                                for i, path in enumerate(paths))

            def wait_for(line):
                deadline = time.monotonic() + 120
                while line not in server.ask("GET", "/metrics")[1]:
                    self.assertLess(time.monotonic(), deadline, server.logged())
                    time.sleep(0.05)

            write(endpoints(models[0]))
            server = ServerProcess(BINARY, "--config-file", file, "--hot-reload-config")
            server.wait_until_ready()
            done = threading.Event()
            answers = []

            def client():
                while not done.is_set():
                    status, answer = server.post("/v2/models/m0/infer", QUESTION)
                    answers.append((status, answer.get("answer")))

            clients = [threading.Thread(target=client) for _ in range(4)]
            for thread in clients:
                thread.start()
            write(endpoints(models[1], models[0]))
            wait_for('filigree_config_reloads_total{result="applied"} 1\n')
            self.assertEqual(server.post("/v2/models/m1/infer", QUESTION)[0], 200)
            write(endpoints(models[0]) + "  - {task: qa, modle: x}\n")
            wait_for('filigree_config_reloads_total{result="refused"} 1\n')
            self.assertIn("did you mean 'model'",
                          json.loads(server.ask("GET", "/config")[1])["hot_reload"]["error"])
            write(endpoints(models[0]))
            wait_for('filigree_config_reloads_total{result="applied"} 2\n')
            self.assertEqual(server.post("/v2/models/m1/infer", QUESTION)[0], 404)
            done.set()
            for thread in clients:
                thread.join()
            self.assertEqual(set(answers), {(200, "Ada Byron")})
            self.assertIn("nothing changes", server.logged())
            self.assertEqual(server.stop(), 0)

    def test_isa_of_the_yaml_is_used_shown_and_overridden_by_the_flag(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "isa.yaml")
            with open(file, "w", encoding="utf-8") as config:
                config.write("isa: scalar\nendpoints:\n  - task: question_answering\n"
                             f"    model: {json.dumps(MODEL)}\n")
            best = json.loads(subprocess.run([BINARY, "check-hardware", "--json"], capture_output=True, text=True,
                                             check=True).stdout)["isa_used"]
            for flags, isa, source in [([], "scalar", f"{file}:1: isa"), (["--isa", best], best, "flag '--isa'")]:
                server = ServerProcess(BINARY, "--config-file", file, *flags)
                self.assertEqual(json.loads(server.ask("GET", "/v2")[1])["isa"], isa)
                self.assertEqual(json.loads(server.ask("GET", "/config")[1])["isa"], isa)
                self.assertIn(f'isa="{isa}"', server.ask("GET", "/metrics")[1])
                self.assertIn(f"{isa} ({source}), ", server.logged())
                self.assertEqual(server.stop(), 0)

    def test_yaml_with_a_route_less_endpoint_is_served_at_predict(self):
        with tempfile.TemporaryDirectory(prefix="filigree http ") as folder:
            file = os.path.join(folder, "one model.yaml")
            with open(file, "w", encoding="utf-8") as config:
                config.write("num_cores: 1\nendpoints:\n  - task: question_answering\n"
                             f"    model: {json.dumps(MODEL)}\n    batch_size: 1\n")
            server = ServerProcess(BINARY, "--config-file", file)
            server.wait_until_ready()
            status, answer = server.post("/predict", QUESTION)
            self.assertEqual((status, answer.get("answer")), (200, "Ada Byron"))
            self.assertEqual(server.stop(), 0)

    def test_as_a_service_with_tls(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            certificate, key, notify = (os.path.join(folder, name) for name in ["server.pem", "server.key", "notify"])
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=filigree",
                            "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
            manager.bind(notify)
            manager.settimeout(120)

            def wait_until_told(line):
                while line not in manager.recv(4096).decode().splitlines():
                    pass

            serve = [BINARY, "serve", "--task", "question_answering", "--model_path", MODEL, "--host", "127.0.0.1",
                     "--port", "0", "--tls-cert", certificate]
            process = subprocess.Popen([*serve, "--tls-key", key], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                       env={**os.environ, "NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "2000000"})
            try:
                line = process.stdout.readline()
                self.assertRegex(line, r"^listening on https://127\.0\.0\.1:\d+/$")
                wait_until_told("READY=1")
                wait_until_told("WATCHDOG=1")
                asked = subprocess.run(["curl", "--silent", "--show-error", "--cacert", certificate, "--data", json.dumps(QUESTION),
                                        line.split()[-1] + INFER[1:]], capture_output=True, text=True, timeout=120, check=False)
                self.assertIn('"answer":"Ada Byron"', asked.stdout, asked.stderr)
                process.send_signal(signal.SIGTERM)
                wait_until_told("STOPPING=1")
                self.assertEqual(process.wait(timeout=120), 0)
            finally:
                process.kill()
                process.communicate()
            # --check finds what would not start, too.
            for more in [[], ["--check"]]:
                refused = subprocess.run([*serve, *more], capture_output=True, text=True, timeout=120, check=False)
                self.assertEqual(refused.returncode, 2, refused.stderr)
                self.assertIn(f"tls_cert: {certificate} holds no private key", refused.stderr)

    def test_busy_port_is_an_error_that_names_the_address(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            result = subprocess.run([BINARY, "serve", "--task", "qa", "--model_path", MODEL, "--host", "127.0.0.1",
                                     "--port", port], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("filigree: ", result.stderr)
        self.assertIn(port, result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
