#include "serve/http/matrices.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cmath>
#include <exception>
#include <span>
#include <utility>

#include "kernels/packed_weights.h"
#include "loader/density_map.h"
#include "runtime/layer_linears.h"
#include "serve/http/errors.h"
#include "serve/http/infer.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

// Cells of the longer side: enough to see heads, pruned rows and blocks of them.
constexpr std::size_t kSide = 32;

loader::DensityMap density_map(const kernels::PackedWeights& weights, std::size_t side) {
  if (kernels::is_float(weights.format()))
    return loader::density_map(std::span<const float>(kernels::unpack_f32(weights)), weights.cols(),
                               side);
  return loader::density_map(std::span<const std::int16_t>(kernels::unpack_i8(weights)),
                             weights.cols(), side);
}

Json density_json(const loader::DensityMap& map) {
  constexpr double kThousandths = 1000;
  Json::Array cells;
  cells.reserve(map.cells.size());
  for (const float share : map.cells)
    cells.emplace_back(std::int64_t{std::lround(kThousandths * double{share})});
  return Json::object(
      {{"height", map.height}, {"width", map.width}, {"cells", Json(std::move(cells))}});
}

// The loader lists matrices in the order of computation; a model that it did not make has no list.
std::string form_of(const loader::Model& model, std::size_t number) {
  return number < model.matrices.size() ? model.matrices[number].form : "";
}

Json matrix_json(std::size_t layer, runtime::Step step, const std::string& form,
                 const loader::Linear& linear, std::size_t side) {
  return Json::object({{"layer", layer},
                       {"step", runtime::step_name(step)},
                       {"name", linear.name},
                       {"rows", linear.weights.rows()},
                       {"cols", linear.weights.cols()},
                       {"nonzeros", linear.weights.nonzeros()},
                       {"form", form},
                       {"kernel", kernels::format_name(linear.weights.format())},
                       {"packed_bytes", linear.weights.bytes()},
                       {"density", density_json(density_map(linear.weights, side))}});
}

HttpResponse stopping_response() {
  return error_response(HttpError::kUnavailable, "the server is stopping");
}

}  // namespace

Json matrices_json(const loader::Model& model, std::size_t side) {
  Json::Array list;
  if (!model.encoder) return Json(std::move(list));
  const auto& layers = model.encoder->layers;
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
    for (const auto& [step, linear] : runtime::layer_linears(layers[layer]))
      list.push_back(matrix_json(layer, step, form_of(model, list.size()), *linear, side));
  return Json(std::move(list));
}

class MatrixRequests::Thread {
 public:
  boost::asio::thread_pool pool{1};
};

MatrixRequests::MatrixRequests() : thread_(std::make_unique<Thread>()) {}

MatrixRequests::~MatrixRequests() {
  stop();
  close();
}

void MatrixRequests::close() { thread_->pool.join(); }

void MatrixRequests::answer(std::shared_ptr<const EndpointState> state, const Reply& reply) {
  if (state->kind != EndpointState::Kind::kReady) return reply(not_ready_response(*state));
  boost::asio::post(thread_->pool, [this, state = std::move(state), reply] {
    if (stopping_) return reply(stopping_response());
    HttpResponse response;
    try {
      response.body = *text_of(state->loaded->parts.model);
    } catch (const std::exception& error) {
      log(LogLevel::kError, "matrices of " + state->name + ": " + error.what());
      response = error_response(HttpError::kInternal, "the matrices could not be read");
    }
    reply(std::move(response));
  });
}

MatrixRequests::Text MatrixRequests::text_of(const std::shared_ptr<const loader::Model>& model) {
  std::erase_if(known_, [](const Known& known) { return known.model.expired(); });
  const auto known = std::ranges::find_if(
      known_, [&](const Known& candidate) { return candidate.model.lock() == model; });
  if (known != known_.end()) return known->matrices;
  auto text = std::make_shared<const std::string>(
      to_text(Json::object({{"matrices", matrices_json(*model, kSide)}})));
  known_.push_back({model, text});
  return text;
}

}  // namespace filigree::serve
