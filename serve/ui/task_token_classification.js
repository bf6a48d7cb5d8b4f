// Token classification: the entities marked in the text.

import { make, makeTable, scrolling } from "./dom.js";
import { counted, percent } from "./numbers.js";

const KINDS = 6;  // colours in views.css

const kindOf = (entity) => entity.replace(/^[BI]-/, "");

// Neighbouring tokens of one entity are one mark; O is no entity. Offsets count code points.
export function spansOf(predictions) {
  const spans = [];
  for (const { entity, score, start, end } of predictions.filter((prediction) => prediction.entity !== "O")) {
    const last = spans[spans.length - 1];
    const goesOn = last && last.kind === kindOf(entity) && start >= last.begin && start <= last.end + 1;
    if (goesOn && !entity.startsWith("B-")) {
      last.end = Math.max(last.end, end);
      last.scores.push(score);
    } else if (!last || start >= last.end) spans.push({ kind: kindOf(entity), begin: start, end, scores: [score] });
  }
  return spans;
}

function markedText(text, spans) {
  const box = make("blockquote");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Text with the entities marked");
  const kinds = [...new Set(spans.map((span) => span.kind))];
  const points = Array.from(text);
  let from = 0;
  for (const { kind, begin, end } of spans) {
    const mark = make("mark", points.slice(begin, end).join(""), `kind kind-${kinds.indexOf(kind) % KINDS}`);
    mark.append(make("small", kind));
    box.append(points.slice(from, begin).join(""), mark);
    from = end;
  }
  box.append(points.slice(from).join(""));
  return box;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function showDetail(box, result, values) {
  box.replaceChildren();
  if (result.error) return;
  const spans = spansOf(result.predictions[0]);
  box.append(markedText(values.inputs, spans));
  if (spans.length === 0) return;
  const points = Array.from(values.inputs);
  const rows = spans.map((span) =>
    [points.slice(span.begin, span.end).join(""), span.kind, percent(mean(span.scores), 1)]);
  const details = make("details");
  const table = makeTable("Entities in the order of the text", ["text", "entity", "score"], rows);
  details.append(make("summary", "Entities as a table"), scrolling(table, "Entities"));
  box.append(details);
}

function answer(result) {
  const spans = spansOf(result.predictions[0]);
  if (spans.length === 0) return "No entities.";
  const kinds = [...new Set(spans.map((span) => span.kind))];
  return `${counted(spans.length, "entity", "entities")}: ${kinds.join(", ")}`;
}

export const tokenClassification = {
  name: "token_classification",
  title: "Token classification",
  fields: [{ id: "inputs-text", label: "Text", rows: 5, missing: "Write a text." }],
  examples: [
    { name: "People and places", "inputs-text": "Ada Lovelace met Charles Babbage in London in 1833, at a party of Mary Somerville." },
    { name: "A company", "inputs-text": "The Swedish company Atlas Copco was founded in Stockholm by Eduard Fränckel." },
  ],
  body: (values) => ({ inputs: values["inputs-text"] }),
  answer,
  score: (result) => (result.predictions[0].length > 0 ? mean(result.predictions[0].map((p) => p.score)) : undefined),
  scoreNote: "Score is the mean share of the labels that are answered.",
  showDetail: (box, result, values) => showDetail(box, result, { inputs: values["inputs-text"] }),
};
