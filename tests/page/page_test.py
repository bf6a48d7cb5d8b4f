#!/usr/bin/env python3
"""Drives the page in headless Chromium against a real server with the bundled models.

    page_test.py FILIGREE_BINARY REPOSITORY SCREENSHOT_DIR [TEST...]

A TEST is module.Class.method or the beginning of it. Exit code 77 means skipped: no Chromium here. With CI set that
is a failure.
"""
import os
import sys
import unittest

import page_support
import webdriver

MODULES = ["test_asking", "test_layers", "test_card", "test_tasks", "test_states", "test_access", "test_docs"]


def main(binary, repository, output, *names):
    if not webdriver.have_browser():
        print("skipped: chromium and chromedriver are not installed")
        return 1 if os.environ.get("CI") else 77
    os.makedirs(output, exist_ok=True)
    places = page_support.Places
    places.binary, places.repository, places.output = binary, repository, output
    suite = unittest.defaultTestLoader.loadTestsFromNames(names or MODULES)
    try:
        page_support.PageTest.setUpAll()
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    finally:
        page_support.PageTest.tearDownAll()
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
