// The tasks that the page can ask, by the names that GET /v2/models uses. A task is
//   name, title
//   fields      [{id, label, rows, missing}]: inputs; rows for more than one line, `missing` unless it may be empty
//   examples    [{name, <value of each field>}]
//   body        values by field -> the request
//   answer      answer -> one line; what an error is, the caller knows
//   score       answer -> a number or undefined
//   scoreNote   what the number is
//   showDetail  (box, result, values): the answer in full; a result may have `error` instead of an answer

import { questionAnswering } from "./task_question_answering.js";

export const TASKS = [questionAnswering];
