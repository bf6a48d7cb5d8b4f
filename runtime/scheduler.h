// The queue between callers and worker groups. Bounded in requests and tokens, fair between
// endpoints: batches start with the endpoints in turn, whatever the size of their requests, so that
// a request of many sequences alternates with the work of others batch by batch. A batch is formed
// when a group asks for one, never earlier: nobody waits for it to fill up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/request.h"

namespace filigree::runtime {

struct Job;  // a request on its way

// One sequence of a batch.
struct WorkItem {
  std::shared_ptr<Job> job;
  std::size_t index;         // of the sequence in its request
  const Sequence* sequence;  // lives as long as `job`
};

// A batch: sequences of one model.
struct Work {
  std::shared_ptr<const loader::Model> model;
  std::vector<WorkItem> items;  // those of a request one after another
  bool time_steps = false;      // some request wants to know
};

struct SequenceResult {
  SequenceOutput output;
  std::string error;  // empty when `output` is good
};

struct SchedulerLimits {
  std::size_t batch_tokens;         // a batch holds more than one sequence only up to this
  std::size_t max_queued_requests;  // requests of which a sequence has not started
  std::size_t max_queued_tokens;    // of those requests; one alone may have more
};

// Every `done` is called exactly once, on the thread of submit(), take(), finish() or stop(), with
// no lock held. Thread-safe.
class Scheduler {
 public:
  explicit Scheduler(const SchedulerLimits& limits);
  ~Scheduler();  // requires stop(), and finish() for all that take() gave

  // Requires a request without request_error().
  void submit(Request request, Done done);

  // Waits for work; nullopt after stop(). Requests that are cancelled or past their deadline are
  // answered, not given.
  std::optional<Work> take();

  // results[i] belongs to work.items[i]; `steps` goes to the requests that asked for it.
  void finish(const Work& work, std::vector<SequenceResult> results, const StepTimes& steps = {});

  // Refuses new requests, and answers those with sequences that have not started: kStopping.
  void stop();

  // Refuses new requests and returns when all accepted ones are answered.
  void drain();

  std::size_t queued_requests() const;

 private:
  using Queue = std::deque<std::shared_ptr<Job>>;
  using Answers = std::vector<std::pair<Done, Response>>;

  bool has_room_for(const Job& job) const;
  void leave_queue(const Job& job);
  void fill(Queue& queue, Work& work, std::size_t& tokens);
  Work form_batch();
  void drop_dead(Answers& answers);
  void give_up(Job& job, Status status, std::string message, Answers& answers);
  void answer_if_complete(Job& job, Answers& answers);
  void deliver(Answers answers);

  const SchedulerLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::condition_variable all_answered_;
  std::map<std::size_t, Queue> queues_;  // by endpoint, none empty: jobs with sequences to start
  std::size_t queued_ = 0;               // jobs in queues_
  std::size_t queued_tokens_ = 0;        // of them, those that have started included
  // That a batch started with; the lowest one follows the highest.
  std::size_t last_endpoint_ = std::numeric_limits<std::size_t>::max();
  std::size_t unanswered_ = 0;  // accepted requests whose `done` has not returned
  bool refusing_ = false;
  bool stopped_ = false;
};

}  // namespace filigree::runtime
