#include "runtime/engine.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <stdexcept>
#include <utility>

#include "kernels/kernel_table.h"
#include "kernels/panel.h"
#include "runtime/batch_runner.h"
#include "runtime/numa_plan.h"
#include "runtime/scheduler.h"
#include "runtime/stream_plan.h"
#include "runtime/topology.h"
#include "runtime/worker_pool.h"

namespace filigree::runtime {
namespace {

constexpr std::size_t kMaxCores = 1024;
constexpr std::size_t kLeastBatchTokens = 256;

void check(const char* option, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  throw std::invalid_argument(std::string(option) + " is " + std::to_string(value) + ", expected " +
                              std::to_string(least) + " to " + std::to_string(most));
}

const kernels::KernelTable& table_of(const EngineOptions& options) {
  return options.isa ? kernels::table_for(*options.isa) : kernels::supported_tables().back();
}

CpuList place_of(const Cpu& cpu, const Topology& topology, Pinning pinning) {
  if (pinning == Pinning::kCore) return {cpu.id};
  CpuList place;
  if (pinning == Pinning::kNuma)
    for (const Cpu& other : topology.cpus)
      if (other.node == cpu.node) place.push_back(other.id);
  return place;
}

// The threads of each stream.
std::vector<Places> groups_of(const std::vector<std::vector<Cpu>>& streams,
                              const Topology& topology, Pinning pinning) {
  std::vector<Places> groups;
  for (const std::vector<Cpu>& stream : streams) {
    Places& group = groups.emplace_back();
    for (const Cpu& cpu : stream) group.push_back(place_of(cpu, topology, pinning));
  }
  return groups;
}

// Whether nobody waits for some work any more; once true, always true. Looks once a millisecond: a
// layer of a small model takes less, and looking takes a lock. Thread-safe.
class Abandoned {
 public:
  Abandoned(Scheduler& scheduler, const Work& work) : scheduler_(scheduler), work_(work) {}

  bool operator()() {
    constexpr Clock::duration kInterval = std::chrono::milliseconds(1);
    if (abandoned_.load(std::memory_order_relaxed)) return true;
    const Clock::time_point now = Clock::now();
    if (now - last_.load(std::memory_order_relaxed) < kInterval) return false;
    last_.store(now, std::memory_order_relaxed);
    if (!scheduler_.abandoned(work_)) return false;
    abandoned_.store(true, std::memory_order_relaxed);
    return true;
  }

 private:
  Scheduler& scheduler_;
  const Work& work_;
  std::atomic<Clock::time_point> last_{Clock::now()};
  std::atomic<bool> abandoned_{false};
};

// Options with every default worked out.
struct Plan {
  Topology topology;
  CoreChoice choice;
  std::vector<std::vector<Cpu>> streams;  // the place of each thread
  NumaPlan numa;
  std::size_t batch_tokens;
};

std::size_t stream_count(const EngineOptions& options, const CoreChoice& choice) {
  if (options.streams == 0) return nodes_of(choice.places).size();
  return std::min(options.streams, choice.cores);
}

std::vector<std::size_t> threads_of(const std::vector<std::vector<Cpu>>& streams) {
  std::vector<std::size_t> threads;
  for (const std::vector<Cpu>& stream : streams) threads.push_back(stream.size());
  return threads;
}

// Of the passes that `stream` may lead.
std::vector<std::size_t> threads_of_joint_passes(const std::vector<std::size_t>& threads,
                                                 std::size_t stream) {
  std::vector<std::size_t> sums;
  std::size_t sum = threads[stream];
  for (std::size_t i = 1; i < threads.size(); ++i)
    sums.push_back(sum += threads[(stream + i) % threads.size()]);
  return sums;
}

Plan plan(const EngineOptions& options) {
  check("cores", options.cores, 0, kMaxCores);
  check("streams", options.streams, 0, kMaxCores);
  check("batch_tokens", options.batch_tokens, 0, std::size_t{1} << 20);
  check("max_queued_requests", options.max_queued_requests, 1, std::size_t{1} << 20);
  check("max_queued_tokens", options.max_queued_tokens, 1, std::size_t{1} << 40);
  Plan plan{
      .topology = process_topology(), .choice = {}, .streams = {}, .numa = {}, .batch_tokens = 0};
  plan.choice = choose_cores(plan.topology, options.cores);
  plan.streams = divide_places(plan.choice.places, stream_count(options, plan.choice));
  plan.numa = plan_numa(plan.streams, options.numa, options.pinning);
  // Two usual panels of tokens for each thread: bench/RESULTS.md has the times of other sizes.
  plan.batch_tokens =
      options.batch_tokens != 0
          ? options.batch_tokens
          : std::max(kLeastBatchTokens,
                     2 * kernels::kUsualPanelTokens * std::ranges::max(threads_of(plan.streams)));
  return plan;
}

}  // namespace

class Engine::Impl {
 public:
  explicit Impl(const EngineOptions& options) : Impl(options, plan(options)) {}

  Impl(const EngineOptions& options, Plan plan)
      : table_(table_of(options)),
        scheduler_(
            {plan.batch_tokens, options.max_queued_requests, options.max_queued_tokens},
            is_elastic(options, plan) ? threads_of(plan.streams) : std::vector<std::size_t>{}),
        choice_(std::move(plan.choice)),
        numa_(std::move(plan.numa)) {
    make_runners(plan, is_elastic(options, plan));
    pool_ = std::make_unique<WorkerPool>(groups_of(plan.streams, plan.topology, numa_.pinning),
                                         [this](std::size_t stream, WorkerGroup& group,
                                                JointTeam& all) { lead(stream, group, all); });
    warnings_ = plan.topology.notes;
    warnings_.insert(warnings_.end(), numa_.warnings.begin(), numa_.warnings.end());
    if (plan.streams.size() < options.streams)
      warnings_.push_back(std::to_string(options.streams) +
                          " streams (num_workers) asked for, more than cores: " +
                          std::to_string(plan.streams.size()) + " in use");
    warnings_.insert(warnings_.end(), pool_->pin_failures().begin(), pool_->pin_failures().end());
  }

  ~Impl() { scheduler_.stop(); }  // the pool goes first: it joins the leaders
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void submit(Request request, Done done) {
    if (auto error = request_error(request)) {
      Response refusal;
      refusal.status = Status::kFailed;
      refusal.message = std::move(*error);
      done(std::move(refusal));
      return;
    }
    scheduler_.submit(std::move(request), std::move(done));
  }

  std::size_t arena_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& runner : runners_) bytes += runner->arena_bytes();
    return bytes;
  }

  Scheduler& scheduler() noexcept { return scheduler_; }
  const CoreChoice& choice() const noexcept { return choice_; }
  const NumaPlan& numa() const noexcept { return numa_; }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  std::size_t streams() const noexcept { return runners_.size(); }
  kernels::Isa isa() const noexcept { return table_.isa; }

 private:
  static bool is_elastic(const EngineOptions& options, const Plan& plan) {
    return options.elastic && plan.streams.size() > 1;
  }

  void make_runners(const Plan& plan, bool elastic) {
    const std::vector<std::size_t> threads = threads_of(plan.streams);
    for (std::size_t i = 0; i < threads.size(); ++i) {
      BatchRunner::Options options{.batch_tokens = plan.batch_tokens,
                                   .threads = threads[i],
                                   .memory_nodes = numa_.memory_nodes[i]};
      if (elastic) options.joint_threads = threads_of_joint_passes(threads, i);
      runners_.push_back(std::make_unique<BatchRunner>(table_, std::move(options)));
    }
  }

  // What a leader thread works with.
  struct Stream {
    WorkerGroup& group;
    JointTeam& all;
    std::vector<BatchRunner*> runners;       // its own, then those of the streams that may join it
    std::vector<const Sequence*> sequences;  // of the batch
  };

  // The life of a leader thread.
  void lead(std::size_t index, WorkerGroup& group, JointTeam& all) {
    Stream stream{group, all, {}, {}};
    for (std::size_t i = 0; i < runners_.size(); ++i)
      stream.runners.push_back(runners_[(index + i) % runners_.size()].get());
    while (const auto work = scheduler_.take(index)) {
      if (work->items.empty())
        all.help(index, *work->joint);
      else
        compute(*work, stream);
    }
  }

  void compute(const Work& work, Stream& stream) {
    stream.sequences.clear();
    for (const WorkItem& item : work.items) stream.sequences.push_back(item.sequence);
    StepTimes steps;
    Abandoned abandoned(scheduler_, work);
    Team& team = work.joint ? static_cast<Team&>(stream.all) : stream.group;
    const std::size_t streams = work.joint ? work.joint->streams : 1;
    if (work.joint) stream.all.begin(*work.joint);
    auto results = stream.runners[0]->run(
        *work.model, stream.sequences, team, work.time_steps ? &steps : nullptr,
        [&abandoned] { return abandoned(); }, std::span(stream.runners).subspan(1, streams - 1));
    if (work.joint) stream.all.end();
    scheduler_.finish(work, std::move(results), steps);
  }

  const kernels::KernelTable& table_;
  Scheduler scheduler_;
  CoreChoice choice_;
  NumaPlan numa_;
  std::vector<std::string> warnings_;
  std::vector<std::unique_ptr<BatchRunner>> runners_;
  std::unique_ptr<WorkerPool> pool_;
};

Engine::Engine(const EngineOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Engine::~Engine() = default;

void Engine::submit(Request request, Done done) {
  impl_->submit(std::move(request), std::move(done));
}

void Engine::expect() {
  if (cores() > 1) impl_->scheduler().expect();  // else it would take the caller's
}

Response Engine::run(Request request) {
  // Shared: this thread may go on before set_value() has returned on the other.
  const auto promise = std::make_shared<std::promise<Response>>();
  std::future<Response> response = promise->get_future();
  submit(std::move(request), [promise](Response answer) { promise->set_value(std::move(answer)); });
  return response.get();
}

void Engine::drain() { impl_->scheduler().drain(); }
void Engine::stop() { impl_->scheduler().stop(); }

std::size_t Engine::cores() const noexcept { return impl_->choice().cores; }
const std::string& Engine::cores_reason() const noexcept { return impl_->choice().reason; }
const std::string& Engine::numa_reason() const noexcept { return impl_->numa().reason; }
const loader::WeightPlacement& Engine::weight_placement() const noexcept {
  return impl_->numa().weights;
}
const std::vector<std::string>& Engine::warnings() const noexcept { return impl_->warnings(); }
std::size_t Engine::streams() const noexcept { return impl_->streams(); }
kernels::Isa Engine::isa() const noexcept { return impl_->isa(); }
bool Engine::was_active_within(std::chrono::nanoseconds time) const noexcept {
  return impl_->scheduler().was_active_within(time);
}
void Engine::wait_for_idle(std::chrono::nanoseconds longest) const noexcept {
  impl_->scheduler().wait_for_idle(longest);
}
std::size_t Engine::queued_requests() const noexcept {
  return impl_->scheduler().queued_requests();
}
std::size_t Engine::queued_tokens() const noexcept { return impl_->scheduler().queued_tokens(); }
BatchSizes Engine::batch_sizes() const noexcept { return impl_->scheduler().batch_sizes(); }
std::size_t Engine::arena_bytes() const noexcept { return impl_->arena_bytes(); }

}  // namespace filigree::runtime
