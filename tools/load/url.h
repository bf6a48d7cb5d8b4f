// The address that `filigree load` asks.
#pragma once

#include <string>
#include <string_view>

namespace filigree::tools {

struct Url {
  std::string text;         // as written
  std::string host = {};    // without the brackets of IPv6
  std::string port = "80";  // a number
  std::string target = "/";
  std::string authority = {};  // what the header "host" says
};

// "http://host[:port][/path][?query]". Throws UsageError naming what was found and what is
// expected; https is refused.
Url parse_url(std::string_view text);

}  // namespace filigree::tools
