// Where the milliseconds of one request went: from text to answer, and layer by layer.

import { errorText, request, ServerGone } from "./api.js";
import { element, make, makeTable, scrolling, svgNode } from "./dom.js";
import { counted } from "./numbers.js";
import { shown } from "./results.js";
import { inferPath } from "./snippets.js";
import { store } from "./store.js";

const STAGES = { tokenize: "tokenise", queue: "queue", inference: "inference", postprocess: "answer" };

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
const classOf = (step) => `step step-${step.replaceAll(" ", "-")}`;
const sum = (values) => values.reduce((total, value) => total + value, 0);

// [name, {step: ms}] from top to bottom, without what took no time at all.
function rowsOf(timing) {
  const rows = [["embeddings", { embeddings: timing.embeddings }]];
  timing.layers.forEach((layer, i) => rows.push([`layer ${i + 1}`, layer]));
  rows.push(["rest", { rest: timing.rest }]);
  return rows.filter(([, steps]) => sum(Object.values(steps)) > 0);
}

// A bar as wide as `total` of `longest`; what it says in words is its label.
function bar(steps, longest) {
  const words = Object.entries(steps).map(([step, time]) => `${step} ${ms(time)}`).join(", ");
  const svg = svgNode("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": words });
  let left = 0;
  for (const [step, time] of Object.entries(steps)) {
    const width = (100 * time) / longest;
    const rect = svgNode("rect", { x: left, width: Math.max(0, width - 0.15), y: 0, height: 10, class: classOf(step) });
    rect.append(svgNode("title", {}, `${step}: ${ms(time)}`));
    svg.append(rect);
    left += width;
  }
  return svg;
}

function barRow(name, steps, longest) {
  const row = make("tr");
  const head = make("th", name);
  head.scope = "row";
  const cell = make("td", undefined, "bar-cell");
  cell.append(bar(steps, longest));
  row.append(head, cell, make("td", ms(sum(Object.values(steps))), "number"));
  return row;
}

function barTable(caption, rows) {
  const table = make("table", undefined, "bars");
  const body = make("tbody");
  const longest = Math.max(...rows.map(([, steps]) => sum(Object.values(steps))), 1e-9);
  body.append(...rows.map(([name, steps]) => barRow(name, steps, longest)));
  table.append(make("caption", caption), body);
  return table;
}

function legend(steps) {
  const list = make("ul", undefined, "legend");
  for (const [step, time] of Object.entries(steps)) {
    const item = make("li");
    const swatch = svgNode("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
    swatch.append(svgNode("rect", { width: 10, height: 10, class: classOf(step) }));
    item.append(swatch, `${step} ${ms(time)}`);
    list.append(item);
  }
  return list;
}

function sumsByStep(rows) {
  const sums = {};
  for (const [, steps] of rows)
    for (const [step, time] of Object.entries(steps)) sums[step] = (sums[step] || 0) + time;
  return sums;
}

function stages(timing, total) {
  const steps = Object.fromEntries(Object.entries(STAGES).map(([key, name]) => [name, timing[key]]));
  const other = total - sum(Object.values(steps));
  return other > 0.0005 ? { ...steps, other } : steps;
}

function numbersTable(rows) {
  const names = [...new Set(rows.flatMap(([, steps]) => Object.keys(steps)))];
  const cells = rows.map(([name, steps]) => [name, ...names.map((step) => (step in steps ? steps[step].toFixed(3) : ""))]);
  const details = make("details");
  const table = makeTable("Milliseconds of each step", ["", ...names], cells);
  details.append(make("summary", "The same in numbers"), scrolling(table, "Milliseconds of each step"));
  return details;
}

function draw(timing, total) {
  const rows = rowsOf(timing);
  const steps = stages(timing, total);
  const parts = [
    barTable("From the last byte of the request to the answer", [["request", steps]]),
    legend(steps),
    barTable(timing.layers.length > 0 ? "Inference, layer by layer" : "Inference: no encoder was recognised", rows),
    legend(sumsByStep(rows)),
    numbersTable(rows),
  ];
  element("layers-view").replaceChildren(...parts);
}

// One request more, of the result that is shown.
async function measure() {
  const result = store.results[store.shown];
  if (!result || store.running) return;
  const status = element("layers-status");
  status.textContent = `Asking ${result.model.name} once more`;
  try {
    const { ok, status: code, headers, body } =
      await request(`${inferPath(result.model.name)}?timing=steps`, { body: store.task.body(store.values) });
    if (store.results[store.shown] !== result) return;  // another one is shown by now
    element("layers-view").replaceChildren();
    status.textContent = ok ? `One request of ${result.model.name}, ${counted(tokensOf(headers), "token")}.` : errorText(code, body);
    if (ok) draw(body.timing, Number.parseFloat(headers.get("x-total-time")));
  } catch (error) {
    if (!(error instanceof ServerGone)) throw error;
    status.textContent = `no answer from the server: ${error.message}`;
  }
}

function tokensOf(headers) {
  return Number.parseInt(headers.get("x-compute-tokens"), 10);
}

function refresh() {
  element("layers-view").replaceChildren();
  element("layers-status").textContent = "";
  if (element("layers").open) measure();
}

element("layers").addEventListener("toggle", refresh);
element("measure-again").addEventListener("click", measure);
shown.addEventListener("change", refresh);
shown.addEventListener("settled", refresh);
