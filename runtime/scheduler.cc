#include "runtime/scheduler.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace filigree::runtime {

struct Job {
  Request request;
  Done done;
  Clock::time_point submitted;
  std::optional<Clock::time_point> started;
  std::size_t tokens = 0;     // of all sequences
  std::size_t next = 0;       // first sequence that has not started
  std::size_t in_flight = 0;  // started, not finished
  Response response;

  bool all_started() const { return next == request.sequences.size(); }
};

namespace {

std::string queue_full_message(std::size_t requests, std::size_t tokens) {
  return "the queue is full: " + std::to_string(requests) + " requests with " +
         std::to_string(tokens) + " tokens wait";
}

constexpr char kStoppingMessage[] = "the engine is stopping";

}  // namespace

Scheduler::Scheduler(const SchedulerLimits& limits) : limits_(limits) {}

Scheduler::~Scheduler() { assert(queues_.empty()); }

void Scheduler::submit(Request request, Done done) {
  const auto job = std::make_shared<Job>();
  job->submitted = Clock::now();
  job->response.sequences.resize(request.sequences.size());
  for (const Sequence& sequence : request.sequences) job->tokens += sequence.ids.size();
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
      refusal.message = queue_full_message(queued_, queued_tokens_);
    } else if (!job->all_started()) {
      job->done = std::move(done);
      queues_[job->request.endpoint].push_back(job);
      ++queued_;
      queued_tokens_ += job->tokens;
      ++unanswered_;
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

std::optional<Work> Scheduler::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Answers answers;
    drop_dead(answers);
    Work work = form_batch();
    // submit() wakes one group for each request; a request may have work for more.
    if (!queues_.empty()) work_or_stop_.notify_one();
    if (answers.empty() && work.items.empty()) {
      if (stopped_) return std::nullopt;
      work_or_stop_.wait(lock);
      continue;
    }
    lock.unlock();
    deliver(std::move(answers));
    if (!work.items.empty()) return work;
    lock.lock();
  }
}

// Starts with the next endpoint in turn; where room is left, sequences of the same model follow
// from the others.
Work Scheduler::form_batch() {
  Work work;
  if (queues_.empty()) return work;
  auto queue = queues_.upper_bound(last_endpoint_);
  if (queue == queues_.end()) queue = queues_.begin();
  last_endpoint_ = queue->first;
  work.model = queue->second.front()->request.model;
  std::size_t tokens = 0;
  for (std::size_t turns = queues_.size(); turns > 0; --turns) {
    fill(queue->second, work, tokens);
    queue = queue->second.empty() ? queues_.erase(queue) : std::next(queue);
    if (queue == queues_.end()) queue = queues_.begin();
  }
  return work;
}

void Scheduler::fill(Queue& queue, Work& work, std::size_t& tokens) {
  const Clock::time_point now = Clock::now();
  while (!queue.empty() && queue.front()->request.model == work.model) {
    const std::shared_ptr<Job> job = queue.front();
    while (!job->all_started()) {
      const Sequence& sequence = job->request.sequences[job->next];
      if (!work.items.empty() && tokens + sequence.ids.size() > limits_.batch_tokens) return;
      if (!job->started) job->started = now;
      tokens += sequence.ids.size();
      work.items.push_back({job, job->next, &sequence});
      work.time_steps = work.time_steps || job->request.time_steps;
      ++job->next;
      ++job->in_flight;
    }
    queue.pop_front();
    leave_queue(*job);
  }
}

void Scheduler::finish(const Work& work, std::vector<SequenceResult> results,
                       const StepTimes& steps) {
  assert(results.size() == work.items.size());
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < results.size(); ++i) {
      Job& job = *work.items[i].job;
      const bool is_first = i == 0 || work.items[i - 1].job != work.items[i].job;
      if (is_first && job.request.time_steps) job.response.timing.steps += steps;
      --job.in_flight;
      job.response.sequences[work.items[i].index] = std::move(results[i].output);
      if (!results[i].error.empty() && job.response.status == Status::kOk) {
        job.response.status = Status::kFailed;
        job.response.message =
            "sequence " + std::to_string(work.items[i].index) + ": " + results[i].error;
      }
      answer_if_complete(job, answers);
    }
    drop_dead(answers);  // the rest of requests that have failed
  }
  deliver(std::move(answers));
}

void Scheduler::stop() {
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    stopped_ = true;
    for (auto& [endpoint, queue] : queues_)
      for (const auto& job : queue) give_up(*job, Status::kStopping, kStoppingMessage, answers);
    queues_.clear();
    queued_ = 0;
    queued_tokens_ = 0;
  }
  work_or_stop_.notify_all();
  deliver(std::move(answers));
}

void Scheduler::drain() {
  std::unique_lock lock(mutex_);
  refusing_ = true;
  all_answered_.wait(lock, [this] { return unanswered_ == 0; });
}

std::size_t Scheduler::queued_requests() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

// Takes requests out of the queue that are cancelled, past their deadline or failed.
void Scheduler::drop_dead(Answers& answers) {
  const Clock::time_point now = Clock::now();
  const auto dead = [&](const std::shared_ptr<Job>& job) {
    const Request& request = job->request;
    if (job->response.status != Status::kOk) {
      give_up(*job, job->response.status, job->response.message, answers);
    } else if (request.cancel && request.cancel->cancelled()) {
      give_up(*job, Status::kCancelled, "the request was cancelled", answers);
    } else if (request.deadline && *request.deadline <= now) {
      give_up(*job, Status::kDeadline, "the deadline passed before the request was computed",
              answers);
    } else {
      return false;
    }
    leave_queue(*job);
    return true;
  };
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    std::erase_if(queue->second, dead);
    queue = queue->second.empty() ? queues_.erase(queue) : std::next(queue);
  }
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
  unanswered_ -= answers.size();
  if (unanswered_ == 0) all_answered_.notify_all();
}

}  // namespace filigree::runtime
