#include "serve/http/deployment.h"

#include <algorithm>
#include <utility>

#include "serve/http/page.h"

namespace filigree::serve {

Deployment::Deployment(Config config, const Backend& backend,
                       std::shared_ptr<ResidentModels> models)
    : config_(std::move(config)),
      router_(config_.endpoints, page_files(), config_.integration),
      catalog_(config_, backend, std::move(models)) {}

Deployment::Deployment(Config config, const Backend& backend, const Deployment& previous)
    : config_(std::move(config)),
      router_(config_.endpoints, page_files(), config_.integration),
      catalog_(config_, backend, previous.catalog_) {}

void Deployment::enlist(Metrics& metrics) {
  for (const EndpointConfig& endpoint : config_.endpoints)
    numbers_.push_back(metrics.endpoint_number(endpoint.name));
}

std::vector<bool> Deployment::ready_by_number() const {
  std::vector<bool> ready;
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    ready.resize(std::max(ready.size(), numbers_[i] + 1));
    ready[numbers_[i]] = is_served(*catalog_.state(i));
  }
  return ready;
}

}  // namespace filigree::serve
