// What is served at one moment: a configuration, the addresses of its endpoints and their models.
// A change of what is served makes a new one beside the old, which lives as long as somebody has
// it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/metrics.h"
#include "serve/http/router.h"

namespace filigree::serve {

// Immutable once it is enlisted, but for the catalog, which loads. Thread-safe.
class Deployment {
 public:
  // Throws AddressTaken when two endpoints are at one address. `backend` must outlive it. `models`
  // as in Catalog.
  Deployment(Config config, const Backend& backend,
             std::shared_ptr<ResidentModels> models = nullptr);
  // The same in place of `previous`, of which models are taken over whose files have not changed.
  Deployment(Config config, const Backend& backend, const Deployment& previous);
  Deployment(const Deployment&) = delete;  // the catalog refers to the configuration
  Deployment& operator=(const Deployment&) = delete;

  const Config& config() const noexcept { return config_; }
  const Router& router() const noexcept { return router_; }
  Catalog& catalog() noexcept { return catalog_; }
  const Catalog& catalog() const noexcept { return catalog_; }

  // Gives the endpoints their numbers. Before anybody else has the deployment.
  void enlist(Metrics& metrics);

  // Of an endpoint, for metrics and engine; the same in every deployment that has its name.
  // Requires enlist().
  std::size_t number(std::size_t endpoint) const { return numbers_.at(endpoint); }

  // By number: is_served()? False for numbers that other deployments have.
  std::vector<bool> ready_by_number() const;

 private:
  const Config config_;
  const Router router_;
  std::vector<std::size_t> numbers_;
  Catalog catalog_;
};

// The deployment in use. Thread-safe.
class CurrentDeployment {
 public:
  explicit CurrentDeployment(std::shared_ptr<Deployment> first) : deployment_(std::move(first)) {}

  std::shared_ptr<Deployment> get() const {
    const std::lock_guard lock(mutex_);
    return deployment_;
  }
  void replace(std::shared_ptr<Deployment> next) {
    const std::lock_guard lock(mutex_);
    deployment_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Deployment> deployment_;
};

}  // namespace filigree::serve
