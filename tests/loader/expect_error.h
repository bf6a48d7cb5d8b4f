// Expects an exception of a type whose message contains a text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace filigree::loader {

template <class Error, class Action>
void expect_error(const Action& action, std::string_view text) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_NE(std::string_view(error.what()).find(text), std::string_view::npos)
        << "message: " << error.what() << "\nexpected to contain: " << text;
    return;
  }
  ADD_FAILURE() << "nothing was thrown, expected a message with: " << text;
}

}  // namespace filigree::loader
