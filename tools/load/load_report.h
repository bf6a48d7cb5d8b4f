// The result of `filigree load` for people and for machines.
#pragma once

#include <string>

#include "serve/json.h"
#include "tools/load/load_plan.h"

namespace filigree::tools {

std::string report_text(const LoadPlan& plan, const LoadResult& result);
serve::Json report_json(const LoadPlan& plan, const LoadResult& result);
// One line, while it runs.
std::string progress_text(const LoadPlan& plan, double elapsed, const LoadResult& so_far,
                          std::size_t in_flight);

// Answers with a status from 200 to 299.
std::uint64_t good_answers(const LoadResult& result);

}  // namespace filigree::tools
