// Asking: every chosen model, as often as wanted, until it is done or stopped.

import { errorText, request, ServerGone } from "./api.js";
import { element } from "./dom.js";
import { fieldValues, missingField } from "./fields.js";
import { chosenModels } from "./model_list.js";
import { counted } from "./numbers.js";
import { clearResults, scrollToResult, shown, showResult, showRow } from "./results.js";
import { inferPath } from "./snippets.js";
import { showSpread } from "./spread.js";
import { store } from "./store.js";
import { showTradeoff } from "./tradeoff.js";

let running = null;  // the AbortController of what is being asked

// The answer, or `error` and whether asking again makes no sense (`final`).
async function ask(model, signal) {
  try {
    const { ok, status, headers, body, elapsed } =
      await request(inferPath(model.name), { body: store.task.body(store.values), signal });
    if (!ok) return { model, browser: elapsed, error: errorText(status, body), final: status === 401 };
    return { ...body, model, browser: elapsed, server: Number.parseFloat(headers.get("x-total-time")) };
  } catch (error) {
    if (!(error instanceof ServerGone)) throw error;
    return { model, error: `no answer from the server: ${error.message}`, final: true };
  }
}

function keep(result, index, round) {
  store.results[index] = result;
  if (Number.isFinite(result.server)) store.times.get(result.model.name).push(result.server);
  showRow(index);
  if (index === store.shown && (round === 0 || result.error)) showResult(index);
  if (index === store.shown && round === 0) scrollToResult();
}

// One after another: side by side they would share the cores and measure each other. In rounds, so that whatever else
// the machine does meets every model. Returns how many rounds were finished.
async function askInRounds(models, rounds, signal) {
  for (let round = 0; round < rounds; ++round) {
    let final = false;
    for (const [index, model] of models.entries()) {
      let result;
      try {
        result = await ask(model, signal);
      } catch (error) {
        if (signal.aborted) return round;
        throw error;
      }
      keep(result, index, round);
      showTradeoff();
      final = final || result.final;
    }
    showSpread();
    if (final) return round + 1;
  }
  return rounds;
}

function objection(models, values) {
  if (models.length === 0) return "Choose at least one model that is ready.";
  if (!element("repeat").reportValidity()) return "Ask each model 1 to 1000 times.";
  return missingField(values);
}

// Stop is there only while there is something to stop; the focus does not get lost with it.
function setRunning(controller) {
  running = controller;
  store.running = running !== null;
  const hadFocus = document.activeElement === element("stop");
  element("stop").hidden = running === null;
  element("submit").disabled = running !== null;
  if (hadFocus) element("submit").focus();
}

async function submit(event) {
  event.preventDefault();
  if (running) return;
  const models = chosenModels();
  const values = fieldValues();
  element("message").textContent = objection(models, values);
  if (element("message").textContent !== "") return;

  store.values = values;
  store.times = new Map(models.map((model) => [model.name, []]));
  clearResults();
  showSpread();
  const rounds = element("repeat").valueAsNumber;
  const controller = new AbortController();
  setRunning(controller);
  try {
    const finished = await askInRounds(models, rounds, controller.signal);
    if (controller.signal.aborted)
      element("message").textContent = `Stopped: ${finished} of ${counted(rounds, "round")} finished.`;
  } finally {
    setRunning(null);
    showSpread();
    shown.dispatchEvent(new Event("settled"));
    element("result").dataset.done = String(Number(element("result").dataset.done || 0) + 1);
  }
}

element("ask").addEventListener("submit", submit);
element("ask").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("ask").requestSubmit();
});
// Closes the connection: the server drops what it has not begun.
element("stop").addEventListener("click", () => running && running.abort());
