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

  // submit() will follow within a moment, if all goes well: where nothing is computed, one that
  // waits in take() wakes up now and waits for it without sleeping, for 250 microseconds at most.
  void expect();

  // Waits for work; nullopt after stop(). Requests that are cancelled or past their deadline are
  // answered, not given.
  std::optional<Work> take();

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
  void fill(Line& line, bool oldest_first, Work& work, std::size_t& tokens);
  void start(Line& line, const JobPtr& job, Work& work, std::size_t& tokens);
  Work form_batch();
  void wait_awake(std::uint32_t submissions) const;
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
  std::size_t unanswered_ = 0;                 // accepted requests whose `done` has not returned
  std::atomic<std::uint32_t> submissions_{0};  // changes with every request and with stop()
  bool expected_ = false;                      // by one that is to wake up
  bool refusing_ = false;
  bool stopped_ = false;
};

}  // namespace filigree::runtime
