// The tasks that the page can ask, by the names that GET /v2/models uses. A task is
//   name, title
//   fields      [{id, label, rows, missing}]: inputs; rows for more than one line, `missing` unless it may be empty
//   examples    [{name, <value of each field>}]
//   body        values by field -> the request
//   answer      answer -> one line; what an error is, the caller knows
//   score       answer -> a number or undefined
//   scoreNote   what the number is
//   showDetail  (box, result, values): the answer in full; a result may have `error` instead of an answer

import { embeddings } from "./task_embeddings.js";
import { questionAnswering } from "./task_question_answering.js";
import { textClassification, zeroShot } from "./task_text_classification.js";
import { tokenClassification } from "./task_token_classification.js";

export const TASKS = [questionAnswering, textClassification, tokenClassification, zeroShot, embeddings];
