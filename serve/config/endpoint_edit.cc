#include "serve/config/endpoint_edit.h"

#include <algorithm>
#include <initializer_list>
#include <system_error>

#include "serve/config/endpoint_reader.h"
#include "serve/config/fields.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

const std::string kBody = "body";  // stands for the file in messages

// Throws ConfigError unless `path` lies in `root`, links followed.
void expect_inside(const fs::path& path, const std::string& model, const fs::path& root) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  const fs::path real = error ? fs::path() : fs::canonical(path, error);
  const auto [end, unused] = std::ranges::mismatch(real_root, real);
  if (error || end != real_root.end())
    throw ConfigError(kBody + ": model '" + model + "' is not in the folder of --model-root");
}

// YAML's scalars are all text, and a route `false` would be /false.
void expect_text(const Json& endpoint, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const Json* member = endpoint.find(name);
        member != nullptr && !member->is_null() && member->as_string() == nullptr)
      throw ConfigError(kBody + ": '" + name + "' is " + to_text(*member) + ", expected text");
}

std::string fresh_name(const Config& config) {
  for (std::size_t number = config.endpoints.size();; ++number) {
    std::string name = "endpoint-" + std::to_string(number);
    if (std::ranges::find(config.endpoints, name, &EndpointConfig::name) == config.endpoints.end())
      return name;
  }
}

bool is_at(const EndpointConfig& endpoint, const std::string& route) {
  const auto has = [&](const std::string& part) {
    const std::string path = "/v2/models" + part;
    return route == path || route == path + "/infer";
  };
  if (endpoint.route && (route == *endpoint.route || has(*endpoint.route))) return true;
  return has("/" + endpoint.name);
}

}  // namespace

Config with_endpoint(Config config, const Json& endpoint, const fs::path& model_root) {
  expect_text(endpoint, {"name", "route", "task", "model"});
  YamlNode node = yaml_node(endpoint, kBody);
  const Fields fields(node, "endpoint", kBody);
  if (fields.find("name") == nullptr) {
    std::erase_if(node.members, [](const auto& member) { return member.first.scalar == "name"; });
    node.members.emplace_back(yaml_node("name", kBody), yaml_node(fresh_name(config), kBody));
  }
  const std::string model = fields.text("model").value_or("");
  config.search.path_root = fs::absolute(model_root);
  read_endpoint(node, kBody, config);
  config.search.path_root.clear();
  config.endpoints.back().added = true;
  if (auto conflict = scheduler_conflict(config, config.endpoints.back()))
    config.warnings.push_back(std::move(*conflict));
  expect_inside(config.endpoints.back().model_path, model, model_root);
  return config;
}

Config without_endpoint(Config config, const Json& endpoint) {
  expect_text(endpoint, {"name", "route"});
  const YamlNode node = yaml_node(endpoint, kBody);
  const Fields fields(node, "endpoint", kBody);
  auto route = fields.text("route");
  const auto name = fields.text("name");
  if (!route && !name) throw ConfigError(kBody + ": endpoint has neither 'route' nor 'name'");
  if (route && !route->starts_with('/')) route->insert(0, 1, '/');
  if (route && route->size() > 1 && route->ends_with('/')) route->pop_back();
  const auto found = std::ranges::find_if(config.endpoints, [&](const EndpointConfig& other) {
    return route ? is_at(other, *route) : other.name == *name;
  });
  if (found == config.endpoints.end())
    throw NoSuchEndpoint(route ? "no endpoint is at " + serve::quoted(*route)
                               : "no endpoint has the name " + serve::quoted(*name));
  config.endpoints.erase(found);
  return config;
}

}  // namespace filigree::serve
