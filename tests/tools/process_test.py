#!/usr/bin/env python3
"""Commands as processes: signals, pipes and conversations.

    process_test.py FILIGREE_BINARY REPOSITORY
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BINARY, REPOSITORY = sys.argv[1:3]
MODEL = os.path.join(REPOSITORY, "third_party", "models", "minilm6-squad-pruned80-int8")
DATASET = os.path.join(REPOSITORY, "tests", "data", "qa_eval_xquad.jsonl")


class ProcessTest(unittest.TestCase):
    def test_interrupted_evaluation_leaves_no_file(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    [BINARY, "eval", "squad", "--model_path", MODEL, "--dataset", DATASET, "--predictions",
                     os.path.join(folder, "p.json")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                process.stderr.readline()  # 10 % are done
                process.send_signal(number)
                output, _ = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 130)
                self.assertEqual(output, "")
                self.assertEqual(os.listdir(folder), [])

    def test_make_model_takes_a_name_in_the_current_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                [BINARY, "make-model", "--output", "m", "--layers", "1", "--hidden", "16", "--heads", "2", "--vocab", "300"],
                cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(os.listdir(folder), ["m"])
            self.assertIn("model.onnx", os.listdir(os.path.join(folder, "m")))

    def test_a_strict_server_ends_with_the_reason_when_a_model_is_broken(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ["vocab.txt", "config.json"]:
                with open(os.path.join(MODEL, name), "rb") as source, open(os.path.join(folder, name), "wb") as copy:
                    copy.write(source.read())
            with open(os.path.join(folder, "model.onnx"), "wb") as model:
                model.write(b"not a model")
            result = subprocess.run(
                [BINARY, "serve", "--strict", "--no-cache", "--task", "qa", "--model_path", folder, "--host",
                 "127.0.0.1", "--port", "0", "--num-cores", "1"],
                capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("filigree: endpoint 'qa' cannot be served: " + folder, result.stderr)

    def test_interrupted_make_model_leaves_no_folder(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    [BINARY, "make-model", "--output", os.path.join(folder, "m"), "--precision", "int8", "--layers", "96"],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                deadline = time.monotonic() + 60
                while not os.listdir(folder) and time.monotonic() < deadline:
                    time.sleep(0.01)
                process.send_signal(number)
                output, errors = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 130)
                self.assertEqual(output, "")
                self.assertEqual(errors, "filigree: interrupted; nothing was written\n")
                self.assertEqual(os.listdir(folder), [])

    def test_interrupted_benchmark_leaves_no_file(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    [BINARY, "benchmark", MODEL, "-t", "600", "-w", "0", "-s", "elastic", "-x",
                     os.path.join(folder, "b.json")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                process.stderr.readline()  # the warning about streams
                process.send_signal(number)
                output, errors = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 130)
                self.assertEqual(output, "")
                self.assertEqual(errors, "filigree: interrupted; nothing was written\n")
                self.assertEqual(os.listdir(folder), [])

    def test_interrupted_load_leaves_no_file(self):
        with socket.socket() as listener, tempfile.TemporaryDirectory() as folder:
            listener.bind(("127.0.0.1", 0))  # accepts and never answers
            listener.listen()
            process = subprocess.Popen(
                [BINARY, "load", f"http://127.0.0.1:{listener.getsockname()[1]}/", "-x", os.path.join(folder, "l.json")],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            listener.settimeout(60)
            client, _ = listener.accept()  # signals are handled from before the first connection
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
            client.close()
            self.assertEqual((process.returncode, output), (130, ""))
            self.assertEqual(errors, "filigree: interrupted; nothing was written\n")
            self.assertEqual(os.listdir(folder), [])

    def test_called_by_the_names_of_deepsparse(self):
        with tempfile.TemporaryDirectory() as folder:
            def call(name, *flags):
                link = os.path.join(folder, name)
                os.symlink(os.path.abspath(BINARY), link)
                return subprocess.run([link, *flags], capture_output=True, text=True, check=False)

            result = call("deepsparse.benchmark", MODEL, "-t", "0", "-w", "0", "-seq_len", "8")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue(result.stdout.startswith("Original Model Path: "), result.stdout)
            self.assertIn("Must specify either --task or --config_file", call("deepsparse.server").stderr)
            self.assertIn("no command 'deepsparse.openai'", call("deepsparse.openai").stderr)

    def test_run_answers_a_line_before_the_next_one_comes(self):
        process = subprocess.Popen([BINARY, "run", "--model_path", MODEL, "--task", "question_answering"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ["Ada", "Grace", "Mary"]:
            request = {"question": "Who built it?", "context": f"It was built by {name}."}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["answer"], name)
        process.stdin.close()
        self.assertEqual(process.stdout.read(), "")
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)

    def test_environment_names_the_isa_and_the_flag_overrides_it(self):
        def check_hardware(variable, *flags):
            return subprocess.run([BINARY, "check-hardware", "--json", *flags], capture_output=True, text=True,
                                  check=False, env={**os.environ, "FILIGREE_ISA": variable})

        best = json.loads(check_hardware("").stdout)
        self.assertEqual(best["isa_reason"], "the best this CPU has")
        self.assertEqual(best["isa_used"], [isa["name"] for isa in best["isas"] if isa["cpu"]][-1])
        found = json.loads(check_hardware("scalar").stdout)
        self.assertEqual((found["isa_used"], found["isa_reason"]), ("scalar", "environment variable FILIGREE_ISA"))
        found = json.loads(check_hardware("scalar", "--isa", best["isa_used"]).stdout)
        self.assertEqual((found["isa_used"], found["isa_reason"]), (best["isa_used"], "flag '--isa'"))
        refused = check_hardware("sse9")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("filigree: environment variable FILIGREE_ISA is 'sse9', expected scalar, ", refused.stderr)

    def test_full_output_device_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([BINARY, "check-hardware"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "filigree: the output could not be written\n")

    def test_exit_codes_of_the_process(self):
        for words, code in [(["help"], 0), (["--version"], 0), ([], 2), (["serve"], 2), (["inspect", "/no/such"], 2)]:
            result = subprocess.run([BINARY, *words], capture_output=True, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(result.returncode, code, words)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
