// Which task the page asks, of those that some endpoint has.

import { element, make } from "./dom.js";
import { showFields } from "./fields.js";
import { showModels } from "./model_list.js";
import { hideResults } from "./results.js";
import { showSpread } from "./spread.js";
import { store } from "./store.js";
import { TASKS } from "./tasks.js";
import { showTradeoff } from "./tradeoff.js";
import { served } from "./watch.js";

let chosen = false;  // by the user

function choose(task) {
  store.task = task;
  hideResults();
  showFields();
  showSpread();
  show();
}

function show() {
  showModels();
  showTradeoff();
}

function servedTasks() {
  return TASKS.filter((task) => store.endpoints.some((endpoint) => endpoint.task === task.name));
}

function update() {
  const tasks = servedTasks();
  element("task-choice").hidden = tasks.length < 2;
  element("task").replaceChildren(...tasks.map((task) => {
    const option = make("option", task.title);
    option.value = task.name;
    return option;
  }));
  if (!chosen && tasks.length > 0 && !tasks.includes(store.task)) choose(tasks[0]);
  else show();
  element("task").value = store.task.name;
}

export function showTask() {
  store.task = TASKS[0];
  showFields();
}

element("task").addEventListener("change", () => {
  chosen = true;
  choose(TASKS.find((task) => task.name === element("task").value));
});
served.addEventListener("change", update);
