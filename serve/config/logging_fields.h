// What the readers of the logging keys share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/config/fields.h"
#include "serve/config/logging.h"

namespace filigree::serve {

// python, prometheus.
bool is_logger(std::string_view name) noexcept;

// `target_loggers`. Throws ConfigError.
LoggerChoice logger_choice(const Fields& fields);

// The value of `data_logging`. Throws ConfigError.
std::vector<DataLog> data_logs(const YamlNode& node, const std::string& file);

}  // namespace filigree::serve
