#include "tools/commands/squad_evaluation.h"

#include <deque>
#include <future>
#include <utility>

#include "tools/cli/errors.h"
#include "tools/cli/progress.h"

namespace filigree::tools {
namespace {

struct PendingQuestion {
  serve::QuestionWindows windows;
  std::future<runtime::Response> response;
};

serve::Answer answer_of(const QuestionAnsweringModel& model, const SquadQuestion& question,
                        PendingQuestion& pending) {
  const runtime::Response response = pending.response.get();
  if (response.status != runtime::Status::kOk)
    throw InputError("question '" + question.id + "': " + response.message);
  return model.pipeline()->answer(*question.context, pending.windows, response.sequences);
}

PendingQuestion submitted(QuestionAnsweringModel& model, const SquadQuestion& question) {
  PendingQuestion pending{
      .windows = model.pipeline()->windows({question.question, *question.context}), .response = {}};
  pending.response = model.submit(std::move(pending.windows.sequences));
  return pending;
}

}  // namespace

std::vector<Prediction> predict(QuestionAnsweringModel& model,
                                const std::vector<SquadQuestion>& questions,
                                const std::function<bool()>& stop, Console& console) {
  Progress progress(console, questions.size(), "questions");
  std::vector<Prediction> predictions;
  std::deque<PendingQuestion> in_flight;
  std::size_t next = 0;
  while (predictions.size() < questions.size() && !stop()) {
    while (next < questions.size() && in_flight.size() < kRequestsInFlight)
      in_flight.push_back(submitted(model, questions[next++]));
    const SquadQuestion& question = questions[predictions.size()];
    predictions.push_back({question.id, answer_of(model, question, in_flight.front())});
    in_flight.pop_front();
    progress.advance_to(predictions.size());
  }
  return predictions;
}

SquadScore mean_score(const std::vector<SquadQuestion>& questions,
                      const std::vector<Prediction>& predictions) {
  SquadScore sum;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const SquadScore score = squad_score(predictions[i].answer.answer, questions[i].answers);
    sum.exact_match += score.exact_match;
    sum.f1 += score.f1;
  }
  const auto count = static_cast<double>(questions.size());
  return {.exact_match = sum.exact_match / count, .f1 = sum.f1 / count};
}

}  // namespace filigree::tools
