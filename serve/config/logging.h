// What is logged of requests besides our own log and metrics: DeepSparse's `loggers`,
// `system_logging`, `logging_config` and `data_logging`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/config/fields.h"

namespace filigree::serve {

// Where a value goes.
struct LoggerChoice {
  std::vector<std::string> names;  // of loggers; empty: all there are

  bool has(std::string_view logger) const;
};

struct LogGroup {
  bool enabled = false;
  LoggerChoice loggers;
};

struct PrometheusLoggerOptions {
  std::uint16_t port = 6100;            // its own, beside that of the server; 0: any free one
  std::size_t text_save_frequency = 0;  // values between two writes of the file; 0: no file
  std::filesystem::path text_file;      // text_log_save_dir / text_log_file_name
};

// `loggers` and `system_logging` of the file.
struct ServerLogging {
  bool named = false;   // `loggers` names one; without, only what is asked for is logged
  bool python = false;  // lines of the log; also when none is named
  std::optional<PrometheusLoggerOptions> prometheus;
  LogGroup request_details, resource_utilization;
};

// Functions of values that need no Python.
enum class LogFunction {
  kIdentity,
  kStringLength,          // code points of a text, or of each in a list
  kPercentUnknownTokens,  // of the token ids of a request
  kAnswerFound,           // 1 or 0
  kAnswerLength,
  kAnswerScore,
  kPercentZeroLabels,  // of the tokens of token classification
  kMeanScore
};

std::string_view function_name(LogFunction function) noexcept;

enum class LogTarget { kPipelineInputs, kEngineInputs, kEngineOutputs, kPipelineOutputs };

std::string_view target_name(LogTarget target) noexcept;

// One line of `data_logging`: of every `frequency`-th request, `function` of a part of `target`.
struct DataLog {
  LogTarget target;
  std::vector<std::variant<std::string, std::int64_t>> path;  // members and indices; -1: the last
  std::string name;                                           // as written: "pipeline_inputs[0]"
  LogFunction function;
  std::size_t frequency = 1;
  LoggerChoice loggers;
};

// `logging_config` and `data_logging` of an endpoint.
struct EndpointLogging {
  LogGroup prediction_latency;  // enabled when loggers are named
  LogGroup inference_details;
  std::vector<DataLog> data;

  bool any() const noexcept {
    return prediction_latency.enabled || inference_details.enabled || !data.empty();
  }
};

// Throw ConfigError. Python classes and functions, and functions of images, are refused with the
// alternative. `server` and `endpoint` are the maps that have the keys.
ServerLogging server_logging(const Fields& server, const std::string& file);
EndpointLogging endpoint_logging(const Fields& endpoint, const ServerLogging& server,
                                 const std::string& file);

}  // namespace filigree::serve
