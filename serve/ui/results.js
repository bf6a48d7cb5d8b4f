// Answers of the models side by side, and the chosen one in full.

import { element, make } from "./dom.js";
import { f1Of } from "./model_list.js";
import { megabytes, milliseconds, percent, percentile } from "./numbers.js";
import { showSnippets } from "./snippets.js";
import { store } from "./store.js";

// "change": store.shown is another one; "settled": the models have been asked.
export const shown = new EventTarget();

export function showResult(index) {
  store.shown = index;
  const result = store.results[index];
  const answer = element("answer");
  answer.textContent = result.error || store.task.answer(result);
  const time = Number.isFinite(result.server) ? `, ${milliseconds(result.server)}` : "";
  answer.append(" ", make("small", `${result.model.name}${time}`));
  if (result.warning) answer.append(" ", make("small", result.warning));
  store.task.showDetail(element("detail"), result, store.values);
  showSnippets(result.model.name, store.task.body(store.values));
  [...element("rows").children].forEach((row, i) => row.setAttribute("aria-current", String(i === index)));
  shown.dispatchEvent(new Event("change"));
}

function scoreText(result) {
  const score = result.error ? undefined : store.task.score(result);
  return Number.isFinite(score) ? score.toFixed(2) : "";
}

function resultRow(result, index) {
  const row = make("tr");
  const name = make("th", result.model.name);
  name.scope = "row";
  const answer = make("td", undefined, result.error ? "error" : "");
  const choose = make("button", result.error || store.task.answer(result), "choose");
  choose.type = "button";
  choose.addEventListener("click", () => showResult(index));
  answer.append(choose);
  row.append(name, answer);
  const times = store.times.get(result.model.name) || [];
  const numbers = [
    scoreText(result),
    milliseconds(percentile(times, 0.5)),
    milliseconds(percentile(times, 0.95)),
    milliseconds(result.browser),
    megabytes(result.model.file_bytes),
    megabytes(result.model.memory_bytes),
    percent(result.model.sparsity),
    f1Of(result.model),
  ];
  for (const number of numbers) row.append(make("td", number, "number"));
  return row;
}

// store.results[index] is new. A row keeps its button, and with it the focus, when only its times change.
export function showRow(index) {
  const result = store.results[index];
  const row = resultRow(result, index);
  const before = element("rows").children[index];
  if (!before) element("rows").append(row);
  else if (result.error || before.querySelector(".error")) before.replaceWith(row);
  else
    [...before.children].forEach((cell, i) => {
      if (i > 1) cell.textContent = row.children[i].textContent;
    });
}

// On a phone the models stand between the question and its answer.
export function scrollToResult() {
  if (element("result").getBoundingClientRect().top > 0.8 * window.innerHeight) element("result").scrollIntoView();
}

export function hideResults() {
  store.results = [];
  store.times = new Map();
  element("result").hidden = true;
}

export function clearResults() {
  store.results = [];
  store.shown = 0;
  element("rows").replaceChildren();
  element("score-note").textContent = store.task.scoreNote;
  element("result").hidden = false;
}
