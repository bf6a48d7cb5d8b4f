// Question answering: a text and a question, the answer marked in the text.

import { make } from "./dom.js";

const EXAMPLES = [
  {
    name: "Why sparse models are fast",
    context:
      "A pruned transformer keeps only a small part of its weights. The others are exactly zero, and a multiplication " +
      "by zero changes nothing, so an engine that knows where the zeros are can leave those multiplications out. " +
      "Ordinary runtimes store the zeros and multiply by them all the same: for them a model with ninety percent " +
      "zeros is as slow as a dense one. Filigree packs the remaining weights together with their positions when it " +
      "loads a model, and reads each group of tokens once from the first-level cache.",
    question: "What does filigree pack together with the remaining weights?",
  },
  {
    name: "A lighthouse",
    context:
      "The lighthouse on the northern cape was built in 1874 by the engineer Marta Lindqvist, after three ships had " +
      "been lost on the reef in a single winter. Its lamp first burned rapeseed oil and was changed to paraffin in " +
      "1889. Since 1967 it has been electric, and the last keeper, Olav Berg, left the tower in 1983 when it was " +
      "automated. Today it is visited by about 12,000 people every summer.",
    question: "Who built the lighthouse?",
  },
  {
    name: "Coffee and goats",
    context:
      "A well-known story tells that coffee was discovered by a goatherd called Kaldi, who noticed that his animals " +
      "became so lively after eating the red berries of a certain bush that they did not sleep at night. He told the " +
      "abbot of a monastery, who made a drink from the berries and found that it kept him awake through the long " +
      "hours of evening prayer. The story was first written down in 1671, many centuries after the events it describes.",
    question: "What did the goats eat?",
  },
];

// Offsets count code points; JavaScript strings count UTF-16 units.
export function codePointSlice(text, begin, end) {
  return Array.from(text).slice(begin, end).join("");
}

function markedText(result, values) {
  const box = make("blockquote");
  box.id = "highlight";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Context with the answer marked");
  if (result.error || result.end <= result.start) {
    box.textContent = values.context;
    return box;
  }
  const mark = make("mark", codePointSlice(values.context, result.start, result.end));
  box.append(codePointSlice(values.context, 0, result.start), mark, codePointSlice(values.context, result.end));
  return box;
}

function showDetail(box, result, values) {
  const quote = markedText(result, values);
  box.replaceChildren(quote);
  const mark = quote.querySelector("mark");
  if (mark) quote.scrollTop = Math.max(0, mark.offsetTop - quote.offsetTop - 40);
}

export const questionAnswering = {
  name: "question_answering",
  title: "Question answering",
  fields: [
    { id: "context", label: "Context", rows: 9, missing: "Write a context." },
    { id: "question", label: "Question", missing: "Write a question." },
  ],
  examples: EXAMPLES,
  body: ({ question, context }) => ({ question: question.trim(), context }),
  answer: (result) => result.answer || "No answer found.",
  score: (result) => result.score,
  scoreNote: "Score is the sum of the start and end logits, not a probability.",
  showDetail,
};
