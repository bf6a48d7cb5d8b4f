#!/usr/bin/env python3
"""The demo's configurations of four and of nineteen models, served: small models of the same layers, precisions and zeros.

    zoo_test.py FILIGREE_BINARY REPOSITORY
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest

from server_process import ServerProcess

BINARY = os.path.abspath(sys.argv[1])
QUESTION = {"question": "Who wrote the first program?",
            "context": "Ada Lovelace wrote the first program in 1843, in London, for an engine that nobody built. " * 8}
STUB = "zoo:nlp/question_answering/bert-base/pytorch/huggingface/squad/"
ROUTE = "/predict/question_answering/"
FOUR = {"12l_pruned80_quant": 12, "quant6lagg96": 6, "quant3lagg89": 3, "base": 12}
NINETEEN = {**FOUR, "pruned_quant": 12, "quantmod": 12, "agg98": 12, "agg94": 12, "conserv": 12, "quant6lagg91": 6, "6lagg98": 6,
            "6lagg97": 6, "6lagg96": 6, "6lagg94": 6, "quant3lagg84": 3, "3lagg90": 3, "3lagg89": 3, "3lagg86": 3, "3lagg83": 3}


def answer_without_server(folder):
    result = subprocess.run([BINARY, "run", "--model_path", folder, "--task", "question_answering"], text=True,
                            input=json.dumps(QUESTION) + "\n", capture_output=True, check=False, timeout=120)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


class ZooTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.zoo = os.path.join(folder.name, "zoo")
        subprocess.run([BINARY, "make-model", "--zoo", cls.zoo, "--hidden", "48", "--vocab", "500"], check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.answers = {model: answer_without_server(os.path.join(cls.zoo, model)) for model in NINETEEN}

    def serve(self, file, **options):
        server = ServerProcess(BINARY, "--config-file", file, **options)
        self.addCleanup(lambda: self.assertEqual(server.stop(), 0))
        server.wait_until_ready()
        return server

    def check(self, server, models):
        """Settings and states of all endpoints, and every answer by both of its addresses."""
        config = json.loads(server.ask("GET", "/config")[1])
        self.assertEqual((config["num_cores"], config["num_workers"], len(config["endpoints"])), (1, 1, len(models)))
        for endpoint in config["endpoints"]:
            self.assertEqual((endpoint["task"], endpoint["batch_size"]), ("question_answering", 1))
            self.assertTrue(endpoint["model"].startswith(STUB), endpoint)
        described = json.loads(server.ask("GET", "/v2/models")[1])["models"]
        route_of = {endpoint["name"]: endpoint["route"] for endpoint in config["endpoints"]}
        self.assertEqual({route_of[model["name"]] for model in described}, {ROUTE + model for model in models})
        for model in described:
            identifier = route_of[model["name"]].removeprefix(ROUTE)
            self.assertEqual((model["state"], model["layers"], model["warnings"]), ("ready", models[identifier], []))
            self.assertEqual(os.path.realpath(model["model_path"]), os.path.realpath(os.path.join(self.zoo, identifier)))
            for path in [ROUTE + identifier, f"/v2/models/{model['name']}/infer", f"/v2/models{ROUTE}{identifier}/infer"]:
                self.assertEqual(server.post(path, QUESTION), (200, self.answers[identifier]), path)

    def test_models_differ_in_their_answers(self):
        """What the other tests compare tells models apart."""
        self.assertEqual(len({answer["score"] for answer in self.answers.values()}), len(NINETEEN))

    def test_the_four_endpoints_answer_as_their_models_do(self):
        self.check(self.serve(os.path.join(self.zoo, "config.yaml")), FOUR)

    def test_the_nineteen_endpoints_answer_as_their_models_do(self):
        self.check(self.serve(os.path.join(self.zoo, "big-config.yaml")), NINETEEN)

    def test_the_demos_own_file_is_served_when_the_stubs_are_in_a_folder_of_models(self):
        """Without the map of names, as the file came with DeepSparse."""
        with open(os.path.join(self.zoo, "big-config.yaml"), encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as folder:
            for stub, identifier in re.findall(r'^  "zoo:(.+)": (\S+)$', text, re.M):
                link = os.path.join(folder, stub)
                os.makedirs(os.path.dirname(link), exist_ok=True)
                os.symlink(os.path.join(self.zoo, identifier), link)
            original = os.path.join(folder, "big-config.yaml")
            with open(original, "w", encoding="utf-8") as file:
                file.write(text[text.index("num_cores"):])
            self.check(self.serve(original, environment={"SPARSEZOO_MODELS_PATH": folder}), NINETEEN)

    def test_nineteen_models_asked_at_once_give_the_answers_they_give_alone(self):
        server = self.serve(os.path.join(self.zoo, "big-config.yaml"))
        answers = {}

        def ask(model):
            answers[model] = [server.post(ROUTE + model, QUESTION) for _ in range(5)]

        clients = [threading.Thread(target=ask, args=[model]) for model in NINETEEN]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(answers, {model: [(200, answer)] * 5 for model, answer in self.answers.items()})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
