// POST and DELETE of /endpoints: endpoints come and go while the server runs.
#pragma once

#include <filesystem>

#include "serve/http/deployment_changes.h"
#include "serve/http/message.h"

namespace filigree::serve {

// Who may change what is served.
struct EndpointPolicy {
  bool allowed = false;              // by --admin, or because requests carry an API key
  std::filesystem::path model_root;  // models of new endpoints lie in here; empty: there are none
};

// Thread-safe.
class EndpointRequests {
 public:
  // `changes` must outlive it.
  EndpointRequests(EndpointPolicy policy, DeploymentChanges& changes)
      : policy_(std::move(policy)), changes_(changes) {}

  // The body is an endpoint (serve/config/endpoint_edit.h). Answers `true` when it is served and
  // not before. Errors: 400, 403, 409, 422, 503.
  void add(HttpRequest request, const Reply& reply);

  // `true`, or 404.
  void remove(HttpRequest request, const Reply& reply);

 private:
  void change(DeploymentChanges::Edit edit, const std::string& request_id, const Reply& reply);

  const EndpointPolicy policy_;
  DeploymentChanges& changes_;
};

}  // namespace filigree::serve
