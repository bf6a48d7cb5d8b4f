// W3C Trace Context: the header `traceparent`, by which a request is followed through servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace filigree::serve {

struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal digits
  std::string flags;     // 2
};

// nullopt when it is not a traceparent whose version and identifiers are possible: it is ignored
// then, as the recommendation asks.
std::optional<TraceContext> parse_traceparent(std::string_view header);

// The `traceparent` of what we do for a request with this one: its trace and flags, a span of our
// own; empty when it is none. Thread-safe.
std::string continued_trace(std::string_view header);

// Parts of what continued_trace() returns; empty when that is.
std::string_view trace_id(std::string_view traceparent) noexcept;
std::string_view span_id(std::string_view traceparent) noexcept;

// "00-<trace id>-<span>-<flags>"; `span` has 16 hexadecimal digits.
std::string traceparent(const TraceContext& context, std::string_view span);

}  // namespace filigree::serve
