// Keeps models in the cache behind the back of whoever waits for them: a model is ready before it
// is stored.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "loader/model.h"

namespace filigree::loader {

// Thread-safe.
class CacheWriter {
 public:
  // `warn` is told, on the thread of this object, what a piece of work threw. `give_way` as in
  // GiveWayScope (loader/give_way.h); empty: none.
  explicit CacheWriter(std::function<void(const std::string&)> warn,
                       std::function<void()> give_way = {});
  // Waits for the piece that has begun; the others are not done.
  ~CacheWriter();
  CacheWriter(const CacheWriter&) = delete;
  CacheWriter& operator=(const CacheWriter&) = delete;

  // One piece after another, in this order, on a thread of low priority.
  void add(std::function<void()> store);
  // Returns when everything added so far is done.
  void wait();

 private:
  void run(const std::stop_token& stop);

  std::function<void(const std::string&)> warn_;
  std::function<void()> give_way_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_;
  bool busy_ = false;
  std::jthread thread_;  // last: it uses the others
};

// load_model() (loader/model.h), but a model that is not in the cache yet is stored by `writer`
// after this has returned, unless nobody has it any more; before, where the cache is damaged or
// weights are placed on NUMA nodes.
std::shared_ptr<const Model> load_model(const std::filesystem::path& path,
                                        const LoadOptions& options, CacheWriter& writer);

}  // namespace filigree::loader
