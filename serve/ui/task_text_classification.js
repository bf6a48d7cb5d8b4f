// Text classification and zero-shot classification: labels with scores.

import { make, svgNode } from "./dom.js";
import { percent } from "./numbers.js";

// [[label, score]] of the first text, whether one label is answered or several.
function ranking(result) {
  const flat = (values) => (Array.isArray(values[0]) ? values[0] : values);
  const scores = flat(result.scores);
  return flat(result.labels).map((label, i) => [label, scores[i]]);
}

function scoreBar(score) {
  const svg = svgNode("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(svgNode("rect", { width: 100 * Math.min(1, score), height: 10, class: "bar" }));
  return svg;
}

function showDetail(box, result) {
  box.replaceChildren();
  if (result.error) return;
  const table = make("table", undefined, "bars");
  const body = make("tbody");
  for (const [label, score] of ranking(result)) {
    const row = make("tr");
    const name = make("th", label);
    name.scope = "row";
    const cell = make("td", undefined, "bar-cell");
    cell.append(scoreBar(score));
    row.append(name, cell, make("td", percent(score, 1), "number"));
    body.append(row);
  }
  table.append(make("caption", "Labels of the model shown, best first"), body);
  box.append(table);
}

const common = {
  answer: (result) => String(ranking(result)[0][0]),
  score: (result) => ranking(result)[0][1],
  scoreNote: "Score is the share of the label that is answered.",
  showDetail,
};

export const textClassification = {
  ...common,
  name: "text_classification",
  title: "Text classification",
  fields: [{ id: "sequences", label: "Text", rows: 5, missing: "Write a text." }],
  examples: [
    { name: "Pleased", sequences: "The trains were on time, the food was good and everybody was kind to us." },
    { name: "Not pleased", sequences: "We waited for two hours, and then the room was not even ready." },
  ],
  body: ({ sequences }) => ({ sequences }),
};

export const zeroShot = {
  ...common,
  name: "zero_shot_text_classification",
  title: "Zero-shot classification",
  fields: [
    { id: "sequences", label: "Text", rows: 5, missing: "Write a text." },
    { id: "labels", label: "Labels, with commas between them (none: those of the endpoint)" },
  ],
  examples: [
    {
      name: "News", labels: "economy, sport, weather",
      sequences: "The central bank raised its rate again, for the fourth time this year.",
    },
    {
      name: "Mail to a shop", labels: "delivery, payment, praise, complaint",
      sequences: "My parcel should have come on Tuesday. Where is it?",
    },
  ],
  // Endpoints that have their own labels take none with the request.
  body: ({ sequences, labels }) => (labels.trim() === "" ? { sequences } : { sequences, labels }),
};
