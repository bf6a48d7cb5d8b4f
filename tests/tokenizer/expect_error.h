// A test's view of an exception: its whole message.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace filigree::tokenizer {

template <class Action>
void expect_error(const std::string& message, Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), message);
    return;
  }
  ADD_FAILURE() << "no error, expected: " << message;
}

}  // namespace filigree::tokenizer
