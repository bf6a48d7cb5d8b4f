// What programs have in common that are asked on standard input and answer each line with a time.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace filigree::bench {

// Calls work() and answers with the seconds that it took. What it throws leaves no answer.
template <class Work>
void answer_with_seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::printf("%.9f\n", taken.count());
  std::fflush(stdout);
}

// The exit status of a program that is body(); what it throws is written to standard error.
template <class Body>
int exit_status_of(const char* program, Body body) {
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace filigree::bench
