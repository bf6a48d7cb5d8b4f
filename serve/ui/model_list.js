// The models of the chosen task, to tick.

import { showCard } from "./card.js";
import { element, make } from "./dom.js";
import { counted, megabytes, percent } from "./numbers.js";
import { store } from "./store.js";

export function f1Of(model) {
  const f1 = model.card && model.card.evaluation ? model.card.evaluation.f1 : undefined;
  return Number.isFinite(f1) ? f1.toFixed(1) : "";
}

// Whoever asks an unloaded one waits until it is loaded.
function isServed(model) {
  return model.state === "ready" || model.state === "unloaded";
}

function describe(model) {
  if (model.state === "failed") return `cannot be served: ${model.error}`;
  if (model.state === "unloaded") return "loaded when it is asked";
  if (model.state !== "ready") return "loading";
  const parts = [];
  if (model.layers) parts.push(counted(model.layers, "layer"));
  if (Number.isFinite(model.sparsity)) parts.push(`${percent(model.sparsity)} zeros`);
  if (model.file_bytes) parts.push(megabytes(model.file_bytes));
  if (f1Of(model)) parts.push(`F1 ${f1Of(model)}`);
  if (model.card && model.card.weights === "random") parts.push("random weights");
  return parts.join(", ");
}

function checkboxes() {
  return [...document.querySelectorAll("#model-list input")];
}

function cardButton(model) {
  const button = make("button", "Card", "card-button");
  button.type = "button";
  button.value = model.name;
  button.setAttribute("aria-label", `Card of ${model.name}`);
  button.addEventListener("click", () => showCard(model));
  return button;
}

function modelItem(model, checked) {
  const item = make("li");
  const label = make("label");
  const box = make("input");
  box.type = "checkbox";
  box.value = model.name;
  box.checked = checked;
  box.disabled = !isServed(model);
  const text = make("span");
  text.append(make("strong", model.name));
  text.append(make("small", describe(model), model.state === "failed" ? "failed" : ""));
  for (const alias of model.aliases) text.append(make("small", `also named ${alias}`));
  label.append(box, text);
  item.append(label);
  if (model.state === "ready") item.append(cardButton(model));
  return item;
}

// Question answering endpoints that serve the same folder are one entry with aliases. Endpoints of other tasks answer
// differently with other options.
function distinctModels(endpoints) {
  const byPath = new Map();
  for (const endpoint of endpoints) {
    const key = endpoint.task === "question_answering" ? endpoint.model_path || endpoint.name : endpoint.name;
    const first = byPath.get(key);
    if (first) first.aliases.push(endpoint.name);
    else byPath.set(key, { ...endpoint, aliases: [] });
  }
  return [...byPath.values()];
}

// Shows the models of store.task; what was ticked stays so, and what has become ready is ticked.
export function showModels() {
  const known = new Map(checkboxes().map((box) => [box.value, box.disabled ? null : box.checked]));
  const focused = document.activeElement;
  store.models = distinctModels(store.endpoints.filter((endpoint) => endpoint.task === store.task.name));
  const list = element("model-list");
  list.replaceChildren();
  for (const model of store.models) {
    const before = known.get(model.name);
    const checked = before === undefined || before === null ? model.state === "ready" : before;
    list.append(modelItem(model, checked));
  }
  element("no-models").hidden = store.models.length > 0;
  if (store.models.length === 0)
    element("no-models").textContent = `This server has no model for ${store.task.title.toLowerCase()}.`;
  const again = [...list.querySelectorAll("input, button")]
    .find((node) => focused && node.tagName === focused.tagName && node.value === focused.value);
  if (again && !again.disabled) again.focus();
}

export function chosenModels() {
  const chosen = new Set(checkboxes().filter((box) => box.checked).map((box) => box.value));
  return store.models.filter((model) => chosen.has(model.name) && isServed(model));
}

function select(checked) {
  for (const box of checkboxes()) if (!box.disabled) box.checked = checked;
}

element("select-all").addEventListener("click", () => select(true));
element("select-none").addEventListener("click", () => select(false));
