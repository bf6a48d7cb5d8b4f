#include "tests/serve/fake_engine.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "serve/config/config.h"

namespace filigree::serve {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::string_view kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwho\nin\noslo\n";
constexpr std::int32_t kAnswerId = 6;

}  // namespace

FakeEngine::FakeEngine() : worker_([this] { work(); }) {}

FakeEngine::~FakeEngine() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

Backend FakeEngine::backend() {
  Backend backend;
  backend.load_model = [this](const std::filesystem::path& path, const loader::LoadOptions&) {
    return load(path);
  };
  backend.expected_memory = [this](const std::filesystem::path& path, const loader::LoadOptions&) {
    const std::lock_guard lock(mutex_);
    const auto memory = memory_.find(path);
    return memory == memory_.end() ? Memory{}.expected : memory->second.expected;
  };
  backend.load_tokenizer = [](const std::filesystem::path&) {
    return std::make_shared<const tokenizer::Tokenizer>(
        tokenizer::Tokenizer::from_vocab(kVocabulary, "vocab.txt"));
  };
  backend.load_config = [](const std::filesystem::path&) { return std::nullopt; };
  backend.submit = [this](runtime::Request request, runtime::Done done) {
    submit(std::move(request), std::move(done));
  };
  backend.expect = [] {};
  backend.queued_requests = [this] {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  };
  backend.queued_tokens = [this] {
    const std::lock_guard lock(mutex_);
    std::size_t tokens = 0;
    for (const Waiting& waiting : waiting_)
      for (const runtime::Sequence& sequence : waiting.request.sequences)
        tokens += sequence.ids.size();
    return tokens;
  };
  backend.batch_sizes = [this] {
    const std::lock_guard lock(mutex_);
    runtime::BatchSizes sizes;
    for (std::size_t i = 0; i < submitted_; ++i) sizes.add(32);
    return sizes;
  };
  backend.drain = [this] {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answered_ == submitted_; });
  };
  backend.stop = [this] {
    answer_with(runtime::Status::kStopping, "stopping");
    release_answers();
  };
  backend.isa = "fake";
  backend.cores = 3;
  return backend;
}

void FakeEngine::hold_answers() {
  const std::lock_guard lock(mutex_);
  answers_held_ = true;
}

void FakeEngine::release_answers() {
  {
    const std::lock_guard lock(mutex_);
    answers_held_ = false;
  }
  changed_.notify_all();
}

void FakeEngine::hold_loading() {
  const std::lock_guard lock(mutex_);
  loading_held_ = true;
}

void FakeEngine::release_loading() {
  {
    const std::lock_guard lock(mutex_);
    loading_held_ = false;
  }
  changed_.notify_all();
}

void FakeEngine::fail_model(const std::filesystem::path& path, const std::string& message) {
  const std::lock_guard lock(mutex_);
  failures_[path] = message;
}

void FakeEngine::repair_model(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  failures_.erase(path);
}

void FakeEngine::set_memory(const std::filesystem::path& path, Memory memory) {
  const std::lock_guard lock(mutex_);
  memory_[path] = memory;
}

void FakeEngine::answer_with(runtime::Status status, const std::string& message) {
  const std::lock_guard lock(mutex_);
  refusal_ = {status, message};
}

void FakeEngine::answer_nonsense() {
  const std::lock_guard lock(mutex_);
  nonsense_ = true;
}

bool FakeEngine::wait_for_submitted(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return submitted_ >= count; });
}

double FakeEngine::last_weight() const {
  const std::lock_guard lock(mutex_);
  return last_weight_;
}

std::optional<runtime::Clock::time_point> FakeEngine::last_deadline() const {
  const std::lock_guard lock(mutex_);
  return last_deadline_;
}

std::size_t FakeEngine::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

bool FakeEngine::wait_for_cancel() {
  std::shared_ptr<runtime::CancelFlag> flag;
  {
    const std::lock_guard lock(mutex_);
    flag = waiting_.at(0).request.cancel;
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!flag->cancelled() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  return flag->cancelled();
}

std::size_t FakeEngine::loads() const {
  const std::lock_guard lock(mutex_);
  return loads_;
}

std::shared_ptr<const loader::Model> FakeEngine::load(const std::filesystem::path& path) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !loading_held_; });
  ++loads_;
  if (const auto failure = failures_.find(path); failure != failures_.end())
    throw std::runtime_error(failure->second);
  auto model = std::make_shared<loader::Model>();
  model->file = path.string();
  model->input_names = {"input_ids", "attention_mask", "token_type_ids"};
  model->output_names = {"start_logits", "end_logits"};
  model->file_bytes = 1000;
  const auto memory = memory_.find(path);
  model->memory_bytes = memory == memory_.end() ? Memory{}.bytes : memory->second.bytes;
  model->matrices = {{"w0", 4, 5, 5, 40, "fp32", "unstructured_f32"},
                     {"w1", 4, 5, 10, 80, "fp32", "unstructured_f32"}};
  return model;
}

void FakeEngine::submit(runtime::Request request, runtime::Done done) {
  {
    const std::lock_guard lock(mutex_);
    last_weight_ = request.weight;
    last_deadline_ = request.deadline;
    ++submitted_;
    waiting_.push_back({std::move(request), std::move(done)});
  }
  changed_.notify_all();
}

void FakeEngine::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || (!answers_held_ && !waiting_.empty()); });
    if (waiting_.empty()) return;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    runtime::Response response = respond(next.request);
    lock.unlock();
    next.done(std::move(response));
    lock.lock();
    ++answered_;
    changed_.notify_all();
  }
}

runtime::Response FakeEngine::respond(const runtime::Request& request) const {
  runtime::Response response;
  if (refusal_) {
    response.status = refusal_->first;
    response.message = refusal_->second;
  } else if (request.cancel->cancelled()) {
    response.status = runtime::Status::kCancelled;
  }
  if (response.status != runtime::Status::kOk) return response;
  for (const runtime::Sequence& sequence : request.sequences) {
    std::vector<float> logits;
    for (const std::int32_t id : sequence.ids) logits.push_back(id == kAnswerId ? 4.0F : 0.0F);
    if (nonsense_) logits.pop_back();
    const auto tensor =
        loader::Tensor::of<float>({1, static_cast<std::int64_t>(logits.size())}, logits);
    response.sequences.push_back({.tensors = {tensor, tensor}});
  }
  response.timing.queued = std::chrono::milliseconds(1);
  response.timing.compute = std::chrono::milliseconds(2);
  if (request.time_steps) {
    response.timing.steps = runtime::StepTimes(1);
    response.timing.steps.add(runtime::Step::kEmbeddings, 0, std::chrono::microseconds(250));
    response.timing.steps.add(runtime::Step::kAttention, 0, std::chrono::microseconds(1500));
  }
  return response;
}

Config fake_config(const std::vector<std::string>& names) {
  Config config;
  for (const std::string& name : names) {
    EndpointConfig endpoint;
    endpoint.name = name;
    endpoint.model = name;
    endpoint.model_path = name;
    config.endpoints.push_back(std::move(endpoint));
  }
  return config;
}

}  // namespace filigree::serve
