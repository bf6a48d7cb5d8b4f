#include "runtime/scheduler.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/wait.h"

namespace filigree::runtime {

struct Job {
  Request request;
  Done done;
  Clock::time_point submitted;
  std::optional<Clock::time_point> started;
  std::size_t tokens = 0;     // of all sequences
  std::size_t next = 0;       // first sequence that has not started
  std::size_t in_flight = 0;  // started, not finished
  std::size_t started_tokens = 0;
  double cost = 1;  // of a token, over the weight of the endpoint
  Response response;

  bool all_started() const { return next == request.sequences.size(); }
};

namespace {

std::string queue_full_message(std::size_t requests, std::size_t tokens, std::size_t more,
                               const SchedulerLimits& limits) {
  return "the queue is full: " + std::to_string(requests) + " requests with " +
         std::to_string(tokens) + " tokens wait, this one has " + std::to_string(more) +
         "; the limits are " + std::to_string(limits.max_queued_requests) + " requests and " +
         std::to_string(limits.max_queued_tokens) + " tokens";
}

// Which batch of a line begins with its oldest request.
constexpr std::size_t kPatience = 4;

// Multiply-adds of a token, roughly: attention is left out, and what runs on the interpreter counts
// as dense.
double cost_of_token(const loader::Model& model) {
  std::size_t nonzeros = 0;
  for (const loader::MatrixInfo& matrix : model.matrices) nonzeros += matrix.nonzeros;
  if (nonzeros == 0) nonzeros = model.memory_bytes / sizeof(float);
  return static_cast<double>(std::max<std::size_t>(nonzeros, 1));
}

constexpr char kStoppingMessage[] = "the engine is stopping";

struct Death {
  Status status;
  const char* message;
};

// Why nobody waits for the answer any more, or nullopt.
std::optional<Death> death_of(const Request& request, Clock::time_point now) {
  if (request.cancel && request.cancel->cancelled())
    return Death{Status::kCancelled, "the request was cancelled"};
  if (request.deadline && *request.deadline <= now)
    return Death{Status::kDeadline, "the deadline passed before the request was computed"};
  return std::nullopt;
}

// The oldest of equals.
const std::shared_ptr<Job>& least_started(const std::deque<std::shared_ptr<Job>>& jobs) {
  return *std::min_element(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return a->started_tokens < b->started_tokens;
  });
}

}  // namespace

Scheduler::Scheduler(const SchedulerLimits& limits, std::vector<std::size_t> joint_threads)
    : limits_(limits), joint_threads_(std::move(joint_threads)), helped_(joint_threads_.size()) {}

Scheduler::~Scheduler() { assert(lines_.empty()); }

void Scheduler::submit(Request request, Done done) {
  const auto job = std::make_shared<Job>();
  job->submitted = Clock::now();
  job->response.sequences.resize(request.sequences.size());
  for (const Sequence& sequence : request.sequences) job->tokens += sequence.ids.size();
  job->cost = cost_of_token(*request.model) / request.weight;
  job->request = std::move(request);
  Answers answers;
  Response refusal;
  bool accepted = false;
  {
    const std::lock_guard lock(mutex_);
    if (!has_room_for(*job)) drop_dead(answers);
    if (refusing_) {
      refusal.status = Status::kStopping;
      refusal.message = kStoppingMessage;
    } else if (!has_room_for(*job)) {
      refusal.status = Status::kQueueFull;
      refusal.message = queue_full_message(queued_, queued_tokens_, job->tokens, limits_);
    } else if (!job->all_started()) {
      job->done = std::move(done);
      const auto [line, fresh] = lines_.try_emplace(job->request.endpoint);
      if (fresh) line->second.served = clock_;
      line->second.jobs.push_back(job);
      ++queued_;
      queued_tokens_ += job->tokens;
      ++unanswered_;
      submissions_.fetch_add(1, std::memory_order_release);
      accepted = true;
    }
  }
  if (accepted) {
    work_or_stop_.notify_one();
  } else {
    done(std::move(refusal));  // or kOk: a request of no sequences is complete
  }
  deliver(std::move(answers));
}

bool Scheduler::has_room_for(const Job& job) const {
  if (queued_ == 0) return true;
  return queued_ < limits_.max_queued_requests && queued_tokens_ < limits_.max_queued_tokens &&
         job.tokens <= limits_.max_queued_tokens - queued_tokens_;
}

void Scheduler::leave_queue(const Job& job) {
  --queued_;
  queued_tokens_ -= job.tokens;
}

void Scheduler::expect() {
  {
    const std::lock_guard lock(mutex_);
    if (unanswered_ != 0 || stopped_) return;
    expected_ = true;
  }
  work_or_stop_.notify_one();
}

// Until something is submitted, or too long for it to be worth a core.
void Scheduler::wait_awake(std::uint32_t submissions) const {
  constexpr Clock::duration kLongest = std::chrono::microseconds(250);
  const Clock::time_point end = Clock::now() + kLongest;
  while (submissions_.load(std::memory_order_acquire) == submissions && Clock::now() < end)
    __builtin_ia32_pause();
}

std::optional<Work> Scheduler::take(std::size_t stream) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (must_help(stream)) return Work{.model = {}, .items = {}, .joint = pass_};
    Answers answers;
    drop_dead(answers);
    Work work = form_batch();
    if (!work.items.empty()) share(work, stream);
    // submit() wakes one group for each request; a request may have work for more.
    if (!lines_.empty()) work_or_stop_.notify_one();
    if (answers.empty() && work.items.empty()) {
      if (stopped_) return std::nullopt;
      work_or_stop_.wait(lock);
      if (std::exchange(expected_, false) && lines_.empty()) {
        const std::uint32_t before = submissions_.load(std::memory_order_relaxed);
        lock.unlock();
        wait_awake(before);
        lock.lock();
      }
      continue;
    }
    ++busy_;
    lock.unlock();
    if (work.joint) work_or_stop_.notify_all();
    deliver(std::move(answers));
    if (!work.items.empty()) return work;
    lock.lock();
    --busy_;
  }
}

// Whether the stream has a part in the last pass and has not heard of it. When that is over
// meanwhile, helping ends at once.
bool Scheduler::must_help(std::size_t stream) {
  const std::size_t streams = joint_threads_.size();
  if (streams == 0 || helped_[stream] == pass_.number) return false;
  if (!pass_.has(stream, streams)) return false;
  helped_[stream] = pass_.number;
  return true;
}

void Scheduler::share(Work& work, std::size_t stream) {
  if (joint_threads_.empty() || busy_ > 0 || !lines_.empty()) return;
  const std::size_t streams = streams_with_work(joint_threads_, stream, work.tokens);
  if (streams < 2) return;
  pass_ = {pass_.number + 1, stream, streams};
  helped_[stream] = pass_.number;  // as its leader
  work.joint = pass_;
  ++batch_sizes_.joint;
}

Scheduler::Lines::iterator Scheduler::next_line() {
  return std::min_element(lines_.begin(), lines_.end(), [](const auto& a, const auto& b) {
    return a.second.served < b.second.served;
  });
}

// Begins with the line whose turn it is; where room is left, sequences of the same model follow
// from the others.
Work Scheduler::form_batch() {
  Work work;
  if (lines_.empty()) return work;
  const auto first = next_line();
  clock_ = std::max(clock_, first->second.served);
  const bool oldest_first = ++first->second.batches % kPatience == 0;
  const std::deque<JobPtr>& jobs = first->second.jobs;
  work.model = (oldest_first ? jobs.front() : least_started(jobs))->request.model;
  fill(first->second, oldest_first, work);
  for (auto& [endpoint, line] : lines_)
    if (&line != &first->second) fill(line, false, work);
  batch_sizes_.add(work.tokens);
  std::erase_if(lines_, [](const auto& line) { return line.second.jobs.empty(); });
  return work;
}

void Scheduler::fill(Line& line, bool oldest_first, Work& work) {
  std::vector<JobPtr> order(line.jobs.begin(), line.jobs.end());
  std::stable_sort(
      order.begin() + (oldest_first ? 1 : 0), order.end(),
      [](const JobPtr& a, const JobPtr& b) { return a->started_tokens < b->started_tokens; });
  for (const JobPtr& job : order)
    if (job->request.model == work.model) start(line, job, work);
  std::erase_if(line.jobs, [&](const JobPtr& job) {
    if (!job->all_started()) return false;
    leave_queue(*job);
    return true;
  });
}

// Moves as many sequences of `job` into the batch as it may have.
void Scheduler::start(Line& line, const JobPtr& job, Work& work) {
  const std::size_t turn = limits_.batch_tokens / 2;
  const std::size_t most = job->tokens - job->started_tokens > turn ? turn : limits_.batch_tokens;
  const Clock::time_point now = Clock::now();
  while (!job->all_started()) {
    const Sequence& sequence = job->request.sequences[job->next];
    const std::size_t length = sequence.ids.size();
    if (!work.items.empty() && work.tokens + length > most) return;
    if (!job->started) job->started = now;
    work.tokens += length;
    job->started_tokens += length;
    line.served += static_cast<double>(length) * job->cost;
    work.items.push_back({job, job->next, &sequence});
    work.time_steps = work.time_steps || job->request.time_steps;
    ++job->next;
    ++job->in_flight;
  }
}

bool Scheduler::abandoned(const Work& work) {
  Answers answers;
  bool all_dead = true;
  {
    const std::lock_guard lock(mutex_);
    drop_dead(answers);
    const Clock::time_point now = Clock::now();
    for (const WorkItem& item : work.items)
      all_dead = all_dead && (item.job->response.status != Status::kOk ||
                              death_of(item.job->request, now).has_value());
  }
  deliver(std::move(answers));
  return all_dead;
}

void Scheduler::finish(const Work& work, std::vector<SequenceResult> results,
                       const StepTimes& steps) {
  assert(results.size() == work.items.size());
  Answers answers;
  const Clock::time_point now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < results.size(); ++i) {
      Job& job = *work.items[i].job;
      const bool is_first = i == 0 || work.items[i - 1].job != work.items[i].job;
      if (is_first && job.request.time_steps) job.response.timing.steps += steps;
      --job.in_flight;
      job.response.sequences[work.items[i].index] = std::move(results[i].output);
      if (!results[i].error.empty() && job.response.status == Status::kOk) {
        const auto death = death_of(job.request, now);
        job.response.status = death ? death->status : Status::kFailed;
        job.response.message =
            death ? death->message
                  : "sequence " + std::to_string(work.items[i].index) + ": " + results[i].error;
      }
      answer_if_complete(job, answers);
    }
    drop_dead(answers);  // the rest of requests that have failed
  }
  deliver(std::move(answers));
  const std::lock_guard lock(mutex_);
  --busy_;
}

void Scheduler::stop() {
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    stopped_ = true;
    for (auto& [endpoint, line] : lines_)
      for (const JobPtr& job : line.jobs)
        give_up(*job, Status::kStopping, kStoppingMessage, answers);
    lines_.clear();
    queued_ = 0;
    queued_tokens_ = 0;
    submissions_.fetch_add(1, std::memory_order_release);
  }
  work_or_stop_.notify_all();
  deliver(std::move(answers));
}

void Scheduler::drain() {
  std::unique_lock lock(mutex_);
  refusing_ = true;
  all_answered_.wait(lock, [this] { return unanswered_ == 0; });
}

bool Scheduler::was_active_within(Clock::duration time) const noexcept {
  return unanswered_ != 0 || Clock::now() < last_answer_.load(std::memory_order_relaxed) + time;
}

void Scheduler::wait_for_idle(Clock::duration longest) const noexcept {
  ++waiting_for_idle_;
  const std::uint32_t before = idle_times_;
  if (unanswered_ != 0) sleep_while(idle_times_, before, longest);
  --waiting_for_idle_;
}

std::size_t Scheduler::queued_requests() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

std::size_t Scheduler::queued_tokens() const {
  const std::lock_guard lock(mutex_);
  return queued_tokens_;
}

BatchSizes Scheduler::batch_sizes() const {
  const std::lock_guard lock(mutex_);
  return batch_sizes_;
}

// Takes requests out of the queue that are cancelled, past their deadline or failed.
void Scheduler::drop_dead(Answers& answers) {
  const Clock::time_point now = Clock::now();
  const auto dead = [&](const std::shared_ptr<Job>& job) {
    const Request& request = job->request;
    if (job->response.status != Status::kOk)
      give_up(*job, job->response.status, job->response.message, answers);
    else if (const auto death = death_of(request, now))
      give_up(*job, death->status, death->message, answers);
    else
      return false;
    leave_queue(*job);
    return true;
  };
  for (auto& [endpoint, line] : lines_) std::erase_if(line.jobs, dead);
  std::erase_if(lines_, [](const auto& line) { return line.second.jobs.empty(); });
}

void Scheduler::give_up(Job& job, Status status, std::string message, Answers& answers) {
  job.response.status = status;
  job.response.message = std::move(message);
  job.next = job.request.sequences.size();
  answer_if_complete(job, answers);
}

void Scheduler::answer_if_complete(Job& job, Answers& answers) {
  if (job.in_flight != 0 || !job.all_started()) return;
  const Clock::time_point now = Clock::now();
  job.response.timing.queued = job.started.value_or(now) - job.submitted;
  job.response.timing.compute = now - job.started.value_or(now);
  if (job.response.status != Status::kOk) job.response.sequences.clear();
  answers.emplace_back(std::move(job.done), std::move(job.response));
}

void Scheduler::deliver(Answers answers) {
  if (answers.empty()) return;
  for (auto& [done, response] : answers) done(std::move(response));
  const std::lock_guard lock(mutex_);
  last_answer_.store(Clock::now(), std::memory_order_relaxed);
  unanswered_ -= answers.size();
  if (unanswered_ != 0) return;
  all_answered_.notify_all();
  ++idle_times_;
  if (waiting_for_idle_ != 0) wake_all(idle_times_);
}

}  // namespace filigree::runtime
