#include "serve/http/router.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

constexpr std::array<PageFile, 3> kPage = {PageFile{"app.js", "text/javascript", "x"},
                                           PageFile{"docs.html", "text/html", "x"},
                                           PageFile{"index.html", "text/html", "x"}};

Router router(const std::vector<std::string>& names) {
  return Router(fake_config(names).endpoints, kPage);
}

void expect_target(const Router& routes, std::string_view method, std::string_view target,
                   Action action, std::size_t index = 0) {
  const auto match = routes.match(method, target);
  const auto* found = std::get_if<RouteTarget>(&match);
  ASSERT_NE(found, nullptr) << method << " " << target;
  EXPECT_EQ(found->action, action) << method << " " << target;
  EXPECT_EQ(found->index, index) << method << " " << target;
}

RouteFailure failure(const Router& routes, std::string_view method, std::string_view target) {
  const auto match = routes.match(method, target);
  const auto* found = std::get_if<RouteFailure>(&match);
  return found != nullptr ? *found : RouteFailure{RouteFailure::Kind::kNotFound, "matched", ""};
}

TEST(Router, KnowsThePathsOfTheServer) {
  const Router routes = router({"a"});
  expect_target(routes, "GET", "/", Action::kPageFile, 2);
  expect_target(routes, "GET", "/app.js", Action::kPageFile, 0);
  expect_target(routes, "GET", "/docs", Action::kPageFile, 1);
  expect_target(routes, "GET", "/v2", Action::kServer);
  expect_target(routes, "GET", "/v2/health/live", Action::kLive);
  expect_target(routes, "GET", "/v2/health/ready", Action::kReady);
  expect_target(routes, "GET", "/v2/models", Action::kModels);
  expect_target(routes, "GET", "/config", Action::kConfig);
  expect_target(routes, "HEAD", "/metrics", Action::kMetrics);
  expect_target(routes, "GET", "/openapi.json", Action::kOpenApi);
}

TEST(Router, KnowsThePathsOfEveryEndpoint) {
  const Router routes = router({"a", "b"});
  expect_target(routes, "GET", "/v2/models/b", Action::kModel, 1);
  expect_target(routes, "GET", "/v2/models/b/ready", Action::kModelReady, 1);
  expect_target(routes, "POST", "/v2/models/a/infer", Action::kInfer, 0);
}

TEST(Router, HasPredictForOneEndpointWithoutRouteOnly) {
  expect_target(router({"a"}), "POST", "/predict", Action::kInfer);
  EXPECT_EQ(failure(router({"a", "b"}), "POST", "/predict").kind, RouteFailure::Kind::kNotFound);
  Config config = fake_config({"a"});
  config.endpoints[0].route = "/r";
  EXPECT_EQ(failure(Router(config.endpoints, kPage), "POST", "/predict").kind,
            RouteFailure::Kind::kNotFound);
}

TEST(Router, ServesARouteBareAndUnderModelsBesideTheName) {
  Config config = fake_config({"a", "b"});
  config.endpoints[1].route = "/deep/r";
  const Router routes(config.endpoints, kPage);
  expect_target(routes, "POST", "/deep/r", Action::kInfer, 1);
  expect_target(routes, "POST", "/v2/models/deep/r/infer", Action::kInfer, 1);
  expect_target(routes, "POST", "/v2/models/b/infer", Action::kInfer, 1);
  EXPECT_EQ(routes.infer_paths(1).front(), "/v2/models/deep/r/infer");
}

TEST(Router, IgnoresQueryTrailingSlashAndHostAndDecodesPercents) {
  const Router routes = router({"a b"});
  expect_target(routes, "GET", "/v2/?x=1", Action::kServer);
  expect_target(routes, "GET", "http://host:1/v2/models?x", Action::kModels);
  expect_target(routes, "GET", "http://host", Action::kPageFile, 2);
  expect_target(routes, "POST", "/v2/models/a%20b/infer/", Action::kInfer);
  expect_target(routes, "POST", "/v2/models/%61%20b/infer?u=http://x", Action::kInfer);
}

TEST(Router, RejectsBrokenPercents) {
  for (const std::string_view target : {"/%", "/%4", "/%zz", "/v2%"})
    EXPECT_EQ(failure(router({"a"}), "GET", target).kind, RouteFailure::Kind::kBadTarget) << target;
}

TEST(Router, TellsWhichMethodsAPathHas) {
  const RouteFailure get = failure(router({"a"}), "GET", "/v2/models/a/infer");
  EXPECT_EQ(get.kind, RouteFailure::Kind::kMethodNotAllowed);
  EXPECT_EQ(get.allow, "POST");
  EXPECT_EQ(failure(router({"a"}), "DELETE", "/v2").allow, "GET, HEAD");
  EXPECT_EQ(failure(router({"a"}), "", "/v2").allow, "GET, HEAD");
}

TEST(Router, FindsNothingElsewhere) {
  for (const std::string_view target :
       {"", "*", "/v3", "/v2/models/c/infer", "//", "/../etc/passwd", "/v2/models/a/infer/x",
        "/%00", "/index.html/x"})
    EXPECT_EQ(failure(router({"a"}), "GET", target).kind, RouteFailure::Kind::kNotFound) << target;
}

TEST(Router, NamesThePathWhereNothingIs) {
  const Router routes = router({"a"});
  const auto message = [&](std::string_view target) {
    return failure(routes, "GET", target).message;
  };
  EXPECT_EQ(message("/v2/models/b/?key=secret"), "there is nothing at '/v2/models/b/'");
  EXPECT_EQ(message("http://host/b%2Fc"), "there is nothing at '/b/c'");
  EXPECT_EQ(message("/<b>'%22%5c%00\xE2%82%AC"),
            "there is nothing at '/%3Cb%3E%27%22%5C%00%E2%82%AC'");
}

TEST(Router, CutsTheLongPathThatItNames) {
  const std::string cut = failure(router({"a"}), "GET", "/" + std::string(10'000, 'x')).message;
  EXPECT_EQ(cut, "there is nothing at '/" + std::string(119, 'x') + "...'");
  const std::string bytes =
      failure(router({"a"}), "GET", "/" + std::string(10'000, '\xff')).message;
  EXPECT_TRUE(bytes.ends_with("%FF%FF...'")) << bytes;
}

TEST(Router, RejectsEndpointsAtOneAddress) {
  Config config = fake_config({"a", "b"});
  config.endpoints[1].route = "/a";
  EXPECT_THROW(Router(config.endpoints, kPage), ConfigError);
  config.endpoints[1].route = "/v2/models/a/infer";
  EXPECT_THROW(Router(config.endpoints, kPage), ConfigError);
}

TEST(Router, LetsAnEndpointShareAPathOfTheServerWithAnotherMethod) {
  Config config = fake_config({"a"});
  config.endpoints[0].route = "/config";
  const Router routes(config.endpoints, kPage);
  expect_target(routes, "POST", "/config", Action::kInfer);
  expect_target(routes, "GET", "/config", Action::kConfig);
  EXPECT_EQ(failure(routes, "PUT", "/config").allow, "GET, HEAD, POST");
}

TEST(Router, KnowsThePathsOfDeepSparseBeforeAndSinceRelease16) {
  const Router routes = router({"a", "b"});
  for (const std::string_view path : {"/ping", "/health", "/healthcheck", "/status"})
    expect_target(routes, "GET", path, Action::kAlive);
  expect_target(routes, "POST", "/endpoints", Action::kAddEndpoint);
  expect_target(routes, "DELETE", "/endpoints", Action::kRemoveEndpoint);
  expect_target(routes, "POST", "/v2/models/b/benchmark", Action::kBenchmark, 1);
  EXPECT_EQ(failure(routes, "POST", "/invocations").kind, RouteFailure::Kind::kNotFound);
}

TEST(Router, KnowsThePathsOfSageMaker) {
  Config config = fake_config({"a", "b"});
  config.endpoints[1].route = "/r/b";
  const Router two(config.endpoints, kPage, Integration::kSagemaker);
  expect_target(two, "GET", "/ping", Action::kSagemakerPing);
  expect_target(two, "POST", "/invocations/a/infer", Action::kInfer, 0);
  expect_target(two, "POST", "/invocations/r/b/infer", Action::kInfer, 1);
  expect_target(two, "GET", "/invocations/r/b", Action::kModel, 1);
  expect_target(two, "GET", "/invocations/r/b/ready", Action::kModelReady, 1);
  expect_target(two, "POST", "/v2/models/b/infer", Action::kInfer, 1);
  EXPECT_EQ(failure(two, "POST", "/invocations").kind, RouteFailure::Kind::kNotFound);
  config.endpoints.pop_back();
  expect_target(Router(config.endpoints, kPage, Integration::kSagemaker), "POST", "/invocations",
                Action::kInfer, 0);
}

TEST(Router, KnowsTheShapeOfErrorsByPath) {
  for (const std::string_view target : {"/predict", "/endpoints", "/v2x", "/invocations/a/infer"})
    EXPECT_EQ(error_shape(target), ErrorShape::kDetail) << target;
  for (const std::string_view target : {"/v2", "/v2/", "/v2/models/a?x=/infer", "/v2/nothing"})
    EXPECT_EQ(error_shape(target), ErrorShape::kError) << target;
  for (const std::string_view target :
       {"/v2/models/a/infer", "/v2/models/a/infer/?x", "http://h/v2/models/b/benchmark"})
    EXPECT_EQ(error_shape(target), ErrorShape::kBoth) << target;
}

}  // namespace
}  // namespace filigree::serve
