#!/usr/bin/env python3
"""The server under fault: clients that are killed, slow, large or wrong, full disks, damaged files, signals under load.

    faults_test.py FILIGREE_BINARY REPOSITORY

After each test the server still gives the right answer, has no request in flight and has let go of every connection.
"""
import concurrent.futures
import contextlib
import json
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from server_process import ServerProcess

BINARY = os.path.abspath(sys.argv[1])
INFER = "/v2/models/question_answering/infer"
QUESTION = {"question": "Who built the bridge?", "context": "The bridge was built by Ada Byron in 1843, of stone."}
LIMITS = ["--read-timeout-ms", "700", "--write-timeout-ms", "700", "--idle-timeout-ms", "1500"]
PATIENCE_S = 60
TEN_MEGABYTES = 10 << 20


def post_bytes(body, path=INFER):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


WHOLE_REQUEST = post_bytes(json.dumps(QUESTION).encode())


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)


def rest_of(client):
    """Everything until the server closes; a reset counts as closing."""
    received = b""
    try:
        while part := client.recv(1 << 16):
            received += part
    except ConnectionError:
        pass
    return received


def exchange(server, sent):
    """What comes back for bytes after which the client is silent and keeps the connection open."""
    with connect(server) as client:
        try:
            client.sendall(sent)
        except ConnectionError:
            pass
        return rest_of(client)


def status_of(received):
    found = re.match(rb"HTTP/1\.[01] (\d+) ", received)
    return int(found.group(1)) if found else None


def reset(client):
    """Closes as a killed client's kernel does when it still had bytes to read."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def make_tiny_model(folder, **flags):
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    subprocess.run([BINARY, "make-model", "--output", folder, "--layers", "1", "--hidden", "32", "--vocab", "300", *words],
                   check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def metric(server, name):
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", server.ask("GET", "/metrics")[1], re.M))


def wait_until(case, what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        case.assertLess(time.monotonic(), deadline, what)
        time.sleep(0.02)


class TinyModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.model = os.path.join(cls.folder, "tiny")
        make_tiny_model(cls.model)


class FaultTest(TinyModelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = ServerProcess(BINARY, "--task", "question_answering", "--model_path", cls.model, *LIMITS)
        cls.addClassCleanup(cls.server.stop)
        cls.server.wait_until_ready()
        cls.answer = cls.server.post(INFER, QUESTION)
        assert cls.answer[0] == 200, cls.answer
        cls.descriptors = descriptors(cls.server)

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), self.server.logged())
        self.assertEqual(self.server.post(INFER, QUESTION), self.answer)
        wait_until(self, "requests stay in flight", lambda: metric(self.server, "filigree_requests_in_flight") == 0)
        wait_until(self, "connections stay open", lambda: descriptors(self.server) <= self.descriptors)

    def test_clients_that_vanish_at_any_moment(self):
        chance = random.Random(1)
        for _ in range(300):
            client = connect(self.server)
            client.sendall(WHOLE_REQUEST[:chance.randrange(len(WHOLE_REQUEST) + 1)] * chance.choice([1, 1, 3]))
            if chance.random() < 0.3:
                time.sleep(0.002)
            if chance.random() < 0.5:
                reset(client)
            else:
                client.close()

    def test_a_killed_process_with_many_connections(self):
        program = ("import socket, sys, time\n"
                   "port, request = int(sys.argv[1]), sys.argv[2].encode()\n"
                   "clients = [socket.create_connection(('127.0.0.1', port)) for _ in range(100)]\n"
                   "for i, client in enumerate(clients): client.sendall(request[:len(request) * (i % 5) // 4])\n"
                   "print('sent', flush=True)\n"
                   "time.sleep(60)\n")
        with subprocess.Popen([sys.executable, "-c", program, str(self.server.port), WHOLE_REQUEST.decode()],
                              stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "sent\n")
            process.kill()
            process.wait()

    def test_half_open_clients_are_let_go(self):
        with connect(self.server) as silent, connect(self.server) as half, connect(self.server) as closing:
            half.sendall(WHOLE_REQUEST[:-5])
            closing.sendall(WHOLE_REQUEST)
            closing.shutdown(socket.SHUT_WR)  # whoever closes this half counts as gone
            self.assertEqual(rest_of(silent), b"")
            self.assertEqual(status_of(rest_of(half)), 408)
            rest_of(closing)

    def test_a_client_that_does_not_read_its_answers_is_let_go(self):
        with connect(self.server) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(0.5)
            try:
                while True:
                    client.sendall(b"GET /v2/models HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
            except (TimeoutError, ConnectionError):
                pass
            wait_until(self, "the connection stays open", lambda: descriptors(self.server) <= self.descriptors)

    def test_slow_clients_get_408_and_hold_up_nobody(self):
        starts = [b"GET / HTTP/1.1\r\nX-Slow: ", WHOLE_REQUEST.replace(b"Content-Length: ", b"Content-Length: 99")]
        clients = [connect(self.server) for _ in range(150)]
        for i, client in enumerate(clients):
            client.sendall(starts[i % 2])
        dripping = list(clients)
        asked = 0
        deadline = time.monotonic() + PATIENCE_S
        while dripping and time.monotonic() < deadline:
            for client in list(dripping):
                try:
                    client.send(b"a")
                    client.setblocking(False)
                    if client.recv(1, socket.MSG_PEEK) is not None:
                        dripping.remove(client)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    dripping.remove(client)
                finally:
                    client.settimeout(PATIENCE_S)
            self.assertEqual(self.server.post(INFER, QUESTION), self.answer)
            asked += 1
        statuses = []
        for client in clients:
            statuses.append(status_of(rest_of(client)))
            client.close()
        self.assertEqual(statuses, [408] * len(clients))
        self.assertGreater(asked, 1)

    def test_bodies_of_ten_megabytes_are_refused_without_being_kept(self):
        plain = post_bytes(b"x" * TEN_MEGABYTES)
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        chunked = (f"POST {INFER} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode() +
                   chunk * (TEN_MEGABYTES // 0x10000) + b"0\r\n\r\n")
        before = self.peak_bytes()
        statuses = []

        def send(body):
            statuses.append(status_of(exchange(self.server, body)))

        clients = [threading.Thread(target=send, args=[body]) for body in [plain, chunked] * 8]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(statuses, [413] * 16)
        self.assertLess(self.peak_bytes() - before, 10 * TEN_MEGABYTES)  # 16 were sent; ThreadSanitizer doubles what is kept

    def peak_bytes(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            return 1024 * int(re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.M).group(1))

    def test_bodies_of_ten_megabytes_are_read_where_that_is_allowed(self):
        server = ServerProcess(BINARY, "--task", "question_answering", "--model_path", self.model,
                               "--max-body-bytes", str(16 << 20))
        self.addCleanup(server.kill)
        server.wait_until_ready()
        deep = b"[" * TEN_MEGABYTES
        wide = b'{"question": "' + b"x" * TEN_MEGABYTES + b'", "context": 1}'
        self.assertEqual([server.ask("POST", INFER, body)[0] for body in (deep, wide)], [400, 422])
        self.assertEqual(server.post(INFER, QUESTION), self.answer)
        self.assertEqual(server.stop(), 0)

    def test_broken_and_truncated_chunks(self):
        head = f"POST {INFER} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        for broken in [b"zz\r\nabc\r\n", b"-5\r\nabc\r\n", b"fffffffffffffffff\r\nabc", b"3\r\nabcdef\r\n0\r\n\r\n", b"\r\n\r\n"]:
            self.assertEqual(status_of(exchange(self.server, head + broken)), 400, broken)
        for oversized in [b"ffffffffffffffff\r\nabc", b"7fffffffffffffff\r\nabc"]:
            self.assertIn(status_of(exchange(self.server, head + oversized)), (400, 413), oversized)
        cuts = [b"", b"5", b"5\r\nab", b"5\r\nabcde\r\n", b"5\r\nabcde\r\n0\r\n"]
        with concurrent.futures.ThreadPoolExecutor(len(cuts)) as pool:
            answers = list(pool.map(lambda cut: exchange(self.server, head + cut), cuts))
        self.assertEqual([status_of(answer) for answer in answers], [408] * len(cuts))
        for cut in cuts:
            with connect(self.server) as client:
                client.sendall(head + cut)
                client.shutdown(socket.SHUT_WR)
                self.assertIn(status_of(rest_of(client)), (None, 400), cut)

    def test_garbage_is_refused(self):
        chance = random.Random(2)
        noise = [chance.randbytes(chance.randrange(1, 3000)) for _ in range(200)]
        known = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),  # TLS
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), bytes(5000), b"\r\n" * 5000, b"GET " + b"/" * 20000,
                 b"GET / HTTP/9.9\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                 b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                 b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", WHOLE_REQUEST.replace(b" ", b"\x00", 1)]
        for sent in noise + known:
            with connect(self.server) as client:
                try:
                    client.sendall(sent)
                    client.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                received = rest_of(client)
            self.assertTrue(received == b"" or 400 <= (status_of(received) or 0) < 506, (sent[:80], received[:80]))


class FaultOfTheSystemTest(TinyModelTest):
    def config(self, name, text):
        file = os.path.join(self.folder, name)
        with open(file, "w", encoding="utf-8") as config:
            config.write(text)
        return file

    def serve(self, *arguments, **options):
        server = ServerProcess(BINARY, *arguments, **options)
        self.addCleanup(server.kill)
        server.wait_until_ready()
        return server

    def endpoint(self, model=None):
        return f"endpoints:\n  - {{name: question_answering, task: qa, model: {json.dumps(model or self.model)}}}\n"

    def logging_config(self, name):
        return self.config(name, "system_logging:\n  request_details: {enable: true}\n" + self.endpoint())

    def test_a_log_that_cannot_be_written_is_counted_and_hinders_nobody(self):
        config = self.logging_config("full.yaml")
        with open("/dev/full", "w", encoding="utf-8") as full:
            server = self.serve("--config-file", config, stderr=full)
        for _ in range(20):
            self.assertEqual(server.post(INFER, QUESTION)[0], 200)
        self.assertGreaterEqual(metric(server, "filigree_log_lines_dropped_total"), 20)
        self.assertEqual(server.stop(), 0)

    def test_a_log_that_was_closed_does_not_get_into_answers(self):
        """Descriptor 2 is free when the server starts and must not become a socket or a file of it."""
        server = self.serve("--config-file", self.logging_config("closed.yaml"), preexec_fn=lambda: os.close(2))
        self.assertEqual(os.readlink(f"/proc/{server.process.pid}/fd/2"), "/dev/null")
        self.assertEqual({server.post(INFER, QUESTION)[0] for _ in range(20)}, {200})
        self.assertEqual(server.stop(), 0)

    def test_more_connections_than_descriptors(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        server = self.serve("--config-file", self.config("few.yaml", self.endpoint()), preexec_fn=few)
        right = server.post(INFER, QUESTION)
        clients = [connect(server) for _ in range(60)]
        clients[0].sendall(WHOLE_REQUEST)
        self.assertEqual(status_of(clients[0].recv(1 << 16)), 200)
        for client in clients:
            reset(client)
        self.assertEqual(server.post(INFER, QUESTION), right)
        self.assertIn("cannot accept a connection", server.logged())
        self.assertEqual(server.stop(), 0)

    def test_model_files_cut_replaced_and_removed_while_serving(self):
        model = os.path.join(self.folder, "fragile")
        other = os.path.join(self.folder, "other")
        make_tiny_model(model)
        make_tiny_model(other, seed=7)
        file = os.path.join(model, "model.onnx")
        config = self.config("fragile.yaml", self.endpoint(model))
        server = self.serve("--config-file", config, "--hot-reload-config")
        right = server.post(INFER, QUESTION)

        def reload(result):
            before = metric(server, f'filigree_config_reloads_total{{result="{result}"}}')
            with open(config, "a", encoding="utf-8") as text:
                text.write("# changed\n")
            wait_until(self, f"not {result}: " + server.logged(), lambda: metric(
                server, f'filigree_config_reloads_total{{result="{result}"}}') > before)

        os.truncate(file, os.path.getsize(file) // 2)
        self.assertEqual(server.post(INFER, QUESTION), right)
        reload("refused")
        self.assertIn("model.onnx", json.loads(server.ask("GET", "/config")[1])["hot_reload"]["error"])
        self.assertEqual(server.post(INFER, QUESTION), right)
        os.remove(file)
        self.assertEqual(server.post(INFER, QUESTION), right)
        os.replace(os.path.join(other, "model.onnx"), file)
        self.assertEqual(server.post(INFER, QUESTION), right)
        reload("applied")
        self.assertNotEqual(server.post(INFER, QUESTION)[1]["score"], right[1]["score"])
        self.assertEqual(server.stop(), 0)

    @contextlib.contextmanager
    def clients_that_ask(self, server, path):
        """Four of them without a pause; gives the list that their answers get into."""
        done = threading.Event()
        answers = []

        def client():
            while not done.is_set():
                answers.append(server.post(path, QUESTION))

        clients = [threading.Thread(target=client) for _ in range(4)]
        for thread in clients:
            thread.start()
        try:
            yield answers
        finally:
            done.set()
            for thread in clients:
                thread.join()

    def test_endpoints_that_come_and_go_under_load(self):
        """One of two models every time, so that it is loaded anew; who asks gets its answer or 404."""
        other = os.path.join(self.folder, "come_and_go")
        make_tiny_model(other, seed=7)
        server = self.serve("--config-file", self.config("come_and_go.yaml", self.endpoint()), "--admin", "--model-root", self.folder)
        right = server.post(INFER, QUESTION)
        passing = "/v2/models/passing/infer"
        seen = set()
        with self.clients_that_ask(server, INFER) as answers, self.clients_that_ask(server, passing) as passing_answers:
            for model in [self.model, other] * 5:
                added = {"task": "qa", "name": "passing", "model": model}
                self.assertEqual(server.post("/endpoints", added), (200, True))
                status, answer = server.post(passing, QUESTION)
                self.assertEqual(status, 200)
                seen.add(answer["score"])
                self.assertEqual(server.ask("DELETE", "/endpoints", json.dumps({"name": "passing"}))[:2], (200, "true"))
                self.assertEqual(server.post(passing, QUESTION)[0], 404)
        self.assertEqual(len(seen), 2)
        self.assertEqual([answer for answer in answers if answer != right], [])
        self.assertEqual([answer for status, answer in passing_answers
                          if status != 404 and (status != 200 or answer["score"] not in seen)], [])
        self.assertEqual(server.stop(), 0)

    def test_a_configuration_written_in_pieces_under_load(self):
        config = self.config("pieces.yaml", self.endpoint())
        server = self.serve("--config-file", config, "--hot-reload-config")
        right = server.post(INFER, QUESTION)
        with self.clients_that_ask(server, INFER) as answers:
            second = "  - {name: second, task: qa, model: " + json.dumps(self.model) + "}\n"
            for text in [self.endpoint()[:30], "\0\xff" * 100, "", self.endpoint() + second]:
                with open(config, "w", encoding="latin-1") as file:
                    for piece in (text[:len(text) // 2], text[len(text) // 2:]):
                        file.write(piece)
                        file.flush()
                        time.sleep(0.3)
            os.rename(config, config + ".away")
            time.sleep(0.7)
            os.rename(config + ".away", config)
            wait_until(self, server.logged(), lambda: server.ask("GET", "/v2/models/second/ready")[0] == 200)
        self.assertEqual([answer for answer in answers if answer != right], [])
        self.assertEqual(server.stop(), 0)

    def test_sigterm_under_load_answers_everything_that_was_taken(self):
        """No answer is cut off, and the log has as many answers as clients got."""
        config = self.logging_config("drain.yaml")
        body = post_bytes(json.dumps({**QUESTION, "context": QUESTION["context"] * 40}).encode())
        for connections in ["kept", "new"]:
            server = self.serve("--config-file", config)
            answered, cut = [], []

            def client():
                try:
                    while True:
                        with connect(server) as stream:
                            while True:
                                stream.sendall(body)
                                answer = whole_answer(stream)
                                if answer is None:
                                    break
                                (answered if status_of(answer) in (200, 503) else cut).append(answer)
                                if connections == "new":
                                    break
                except ConnectionError:
                    return  # not accepted, or closed before the request was read

            def whole_answer(stream):
                """None: the connection was closed without a byte."""
                received = b""
                while part := stream.recv(1 << 16):
                    received += part
                    head, separator, rest = received.partition(b"\r\n\r\n")
                    length = re.search(rb"(?i)content-length: (\d+)", head)
                    if separator and length and len(rest) == int(length.group(1)):
                        return received
                if received:
                    cut.append(received)
                return None

            clients = [threading.Thread(target=client) for _ in range(16)]
            for thread in clients:
                thread.start()
            wait_until(self, "no answers", lambda: len(answered) > 50)
            self.assertEqual(server.stop(), 0)
            for thread in clients:
                thread.join(PATIENCE_S)
            self.assertEqual(cut, [], connections)
            self.assertEqual(server.logged().count("request_details/response_message"), len(answered), connections)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    unittest.main(argv=sys.argv[:1], verbosity=2)
