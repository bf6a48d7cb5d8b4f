// A question answering model on a data set: its answers and their score.
#pragma once

#include <functional>
#include <vector>

#include "tools/cli/console.h"
#include "tools/commands/question_answering_model.h"
#include "tools/evaluation/predictions.h"
#include "tools/evaluation/squad_dataset.h"
#include "tools/evaluation/squad_metric.h"

namespace filigree::tools {

// Answers in the order of the questions, with progress on the console. stop() is asked between
// questions; after a true there are fewer answers than questions. Throws InputError for a question
// that the engine refuses.
std::vector<Prediction> predict(QuestionAnsweringModel& model,
                                const std::vector<SquadQuestion>& questions,
                                const std::function<bool()>& stop, Console& console);

// Means over the questions. Precondition: as many predictions as questions, at least one.
SquadScore mean_score(const std::vector<SquadQuestion>& questions,
                      const std::vector<Prediction>& predictions);

}  // namespace filigree::tools
