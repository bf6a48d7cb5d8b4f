// The queue between callers and worker groups. Bounded in requests and tokens. A batch is formed
// when a group asks for one, never earlier: nobody waits for it to fill up.
//
// Between endpoints: the one that has been given the least work for its weight comes first. Work is
// tokens times the weights of the model that are not zero; an endpoint that comes back after a
// pause starts level with the others (start-time fair queueing: Goyal, Vin, Cheng 1996). Within an
// endpoint: the request of which the least has been started comes first, so that a long document
// does not hold up short questions; every fourth batch begins with the oldest request, so that no
// request waits for ever. What is left of a long request fills a batch only up to half of its
// tokens: that bounds how long a request that arrives meanwhile has to wait.
//
// Between streams: each computes batches of its own (throughput). Only when one takes a batch, no
// request waits after that, and no other stream computes or answers, it shares the batch with
// others that sleep (latency): with as many as have kTokensForThread for a thread. Decided anew for
// each batch. A request that arrives meanwhile waits for its end, unless a stream has no part in
// it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/batch_sizes.h"
#include "runtime/joint_pass.h"
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
  std::size_t tokens = 0;       // of the items
  // With others: those are given it without items, and help.
  std::optional<JointPass> joint = {};
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
  // joint_threads: of each stream. Without them no batch is shared.
  explicit Scheduler(const SchedulerLimits& limits, std::vector<std::size_t> joint_threads = {});
  ~Scheduler();  // requires stop(), and finish() for all that take() gave

  // Requires a request without request_error().
  void submit(Request request, Done done);

  // submit() will follow within a moment, if all goes well: where nothing is computed, one that
  // waits in take() wakes up now and waits for it without sleeping, for 250 microseconds at most.
  void expect();

  // Waits for work, or for a batch to help with; nullopt after stop(). Requests that are cancelled
  // or past their deadline are answered, not given. A stream calls it when it is done with what it
  // was given before; streams that share batches call it one thread each.
  std::optional<Work> take(std::size_t stream = 0);

  // Whether every request of what take() gave is cancelled, past its deadline or failed: what is
  // not computed yet need not be. Answers such requests that wait, too, so that they do not wait
  // for the end of a batch.
  bool abandoned(const Work& work);

  // results[i] belongs to work.items[i]; `steps` goes to the requests that asked for it. An error
  // fails its request, unless that is cancelled or past its deadline.
  void finish(const Work& work, std::vector<SequenceResult> results, const StepTimes& steps = {});

  // Refuses new requests, and answers those with sequences that have not started: kStopping.
  void stop();

  // Refuses new requests and returns when all accepted ones are answered.
  void drain();

  // Whether a request waits or is computed, or was less than `time` ago. Takes no lock: a thread of
  // low priority that held one would hold up the others.
  bool was_active_within(Clock::duration time) const noexcept;
  // Returns when no request waits or is computed, after `longest`, or now and then sooner. Takes no
  // lock.
  void wait_for_idle(Clock::duration longest) const noexcept;

  std::size_t queued_requests() const;
  std::size_t queued_tokens() const;
  BatchSizes batch_sizes() const;  // of all batches that take() gave

 private:
  using JobPtr = std::shared_ptr<Job>;
  // What waits of one endpoint: jobs with sequences to start, in the order of their arrival.
  struct Line {
    std::deque<JobPtr> jobs;
    double served = 0;        // work given so far over weight, on the clock of all lines
    std::size_t batches = 0;  // that began with this line
  };
  using Lines = std::map<std::size_t, Line>;
  using Answers = std::vector<std::pair<Done, Response>>;

  bool has_room_for(const Job& job) const;
  void leave_queue(const Job& job);
  Lines::iterator next_line();
  void fill(Line& line, bool oldest_first, Work& work);
  void start(Line& line, const JobPtr& job, Work& work);
  Work form_batch();
  void wait_awake(std::uint32_t submissions) const;
  bool must_help(std::size_t stream);
  void share(Work& work, std::size_t stream);
  void drop_dead(Answers& answers);
  void give_up(Job& job, Status status, std::string message, Answers& answers);
  void answer_if_complete(Job& job, Answers& answers);
  void deliver(Answers answers);

  const SchedulerLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::condition_variable all_answered_;
  Lines lines_;                    // by endpoint, none empty
  double clock_ = 0;               // `served` of the line that the last batch began with
  std::size_t queued_ = 0;         // jobs in lines_
  std::size_t queued_tokens_ = 0;  // of them, those that have started included
  BatchSizes batch_sizes_;
  const std::vector<std::size_t> joint_threads_;
  JointPass pass_;                     // the last one
  std::vector<std::uint32_t> helped_;  // by stream: number of the last pass that it helped with
  std::size_t busy_ = 0;               // streams that compute a batch or answer requests
  // Accepted requests whose `done` has not returned; changes with the lock.
  std::atomic<std::size_t> unanswered_{0};
  std::atomic<Clock::time_point> last_answer_{Clock::time_point::min()};
  std::atomic<std::uint32_t> idle_times_{0};  // changes when the last request is answered
  mutable std::atomic<std::size_t> waiting_for_idle_{0};  // threads in wait_for_idle()
  std::atomic<std::uint32_t> submissions_{0};  // changes with every request and with stop()
  bool expected_ = false;                      // by one that is to wake up
  bool refusing_ = false;
  bool stopped_ = false;
};

}  // namespace filigree::runtime
