#include "serve/http/trace_context.h"

#include <algorithm>

#include "serve/http/request_id.h"

namespace filigree::serve {
namespace {

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_identifier(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  // version-trace-span-flags; a later version may have more behind another '-'.
  constexpr std::size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const bool has_more = header.size() > kLength;
  if (!is_hex(version) || version == "ff" ||
      (has_more && (version == "00" || header[kLength] != '-')))
    return std::nullopt;
  const std::string_view trace = header.substr(3, 32);
  const std::string_view flags = header.substr(53, 2);
  if (!is_identifier(trace) || !is_identifier(header.substr(36, 16)) || !is_hex(flags))
    return std::nullopt;
  return TraceContext{std::string(trace), std::string(flags)};
}

std::string continued_trace(std::string_view header) {
  if (header.empty()) return {};
  const auto context = parse_traceparent(header);
  if (!context) return {};
  std::string span;
  do span = request_id({});
  while (!is_identifier(span));
  return traceparent(*context, span);
}

std::string_view trace_id(std::string_view traceparent) noexcept {
  return traceparent.empty() ? traceparent : traceparent.substr(3, 32);
}

std::string_view span_id(std::string_view traceparent) noexcept {
  return traceparent.empty() ? traceparent : traceparent.substr(36, 16);
}

std::string traceparent(const TraceContext& context, std::string_view span) {
  std::string text = "00-";
  text.append(context.trace_id).append("-").append(span).append("-").append(context.flags);
  return text;
}

}  // namespace filigree::serve
