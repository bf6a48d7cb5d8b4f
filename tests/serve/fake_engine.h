// A Backend without loader and runtime: the test decides when models load and when answers come.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/backend.h"

namespace filigree::serve {

// The answer of its model is the token "oslo" of the context, with a score of 8. Thread-safe.
class FakeEngine {
 public:
  FakeEngine();
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  Backend backend();

  // Between them requests (models) wait in submit's queue (in load_model).
  void hold_answers();
  void release_answers();
  void hold_loading();
  void release_loading();

  void fail_model(const std::filesystem::path& path, const std::string& message);
  void repair_model(const std::filesystem::path& path);
  // What models take; 700 bytes unless said otherwise, as expected.
  struct Memory {
    std::size_t bytes = 700;
    std::size_t expected = 700;
  };
  void set_memory(const std::filesystem::path& path, Memory memory);
  void answer_with(runtime::Status status, const std::string& message);  // instead of an answer
  void answer_nonsense();  // outputs of the wrong shape

  // Waits until `count` requests were submitted; the number of them so far. False after ten
  // seconds.
  bool wait_for_submitted(std::size_t count);
  // Waits until the oldest waiting request is cancelled. False after ten seconds.
  bool wait_for_cancel();
  std::size_t loads() const;
  double last_weight() const;  // of the last request that was submitted, as is
  std::optional<runtime::Clock::time_point> last_deadline() const;
  std::size_t submitted() const;

 private:
  struct Waiting {
    runtime::Request request;
    runtime::Done done;
  };

  std::shared_ptr<const loader::Model> load(const std::filesystem::path& path);
  void submit(runtime::Request request, runtime::Done done);
  void work();
  runtime::Response respond(const runtime::Request& request) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::map<std::filesystem::path, std::string> failures_;
  std::map<std::filesystem::path, Memory> memory_;
  std::optional<std::pair<runtime::Status, std::string>> refusal_;
  bool nonsense_ = false;
  bool answers_held_ = false;
  bool loading_held_ = false;
  bool ending_ = false;
  std::size_t submitted_ = 0;
  double last_weight_ = 0;
  std::optional<runtime::Clock::time_point> last_deadline_;
  std::size_t answered_ = 0;
  std::size_t loads_ = 0;
  std::thread worker_;
};

// A configuration of question answering endpoints; `names` are also the paths of their models.
Config fake_config(const std::vector<std::string>& names);

}  // namespace filigree::serve
