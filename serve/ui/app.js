"use strict";

// The page of filigree: pick models, ask a question about a text, see answers and latencies side by side.
// All text reaches the document through textContent, never as HTML.

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

const element = (id) => document.getElementById(id);
const state = { models: [], results: [], question: "", context: "", times: new Map(), shown: 0, poll: null };

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function megabytes(bytes) {
  return Number.isFinite(bytes) && bytes > 0 ? `${(bytes / 1e6).toFixed(0)} MB` : "";
}

function percent(fraction) {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(0)} %` : "";
}

function f1Of(model) {
  const f1 = model.card && model.card.evaluation ? model.card.evaluation.f1 : undefined;
  return Number.isFinite(f1) ? f1.toFixed(1) : "";
}

function describe(model) {
  if (model.state === "failed") return `cannot be served: ${model.error}`;
  if (model.state !== "ready") return "loading";
  const parts = [];
  if (model.layers) parts.push(`${model.layers} layers`);
  if (Number.isFinite(model.sparsity)) parts.push(`${percent(model.sparsity)} zeros`);
  if (model.file_bytes) parts.push(megabytes(model.file_bytes));
  if (f1Of(model)) parts.push(`F1 ${f1Of(model)}`);
  if (model.card && model.card.weights === "random") parts.push("random weights");
  return parts.join(", ");
}

function checkboxes() {
  return [...document.querySelectorAll("#model-list input")];
}

function modelItem(model, checked) {
  const item = make("li");
  const label = make("label");
  const box = make("input");
  box.type = "checkbox";
  box.value = model.name;
  box.checked = checked;
  box.disabled = model.state !== "ready";
  const text = make("span");
  text.append(make("strong", model.name));
  text.append(make("small", describe(model), model.state === "failed" ? "failed" : ""));
  for (const alias of model.aliases) text.append(make("small", `also named ${alias}`));
  label.append(box, text);
  item.append(label);
  return item;
}

// Endpoints that serve the same folder are one entry with aliases.
function distinctModels(endpoints) {
  const byPath = new Map();
  for (const endpoint of endpoints) {
    if (endpoint.task !== "question_answering") continue;
    const key = endpoint.model_path || endpoint.name;
    const first = byPath.get(key);
    if (first) first.aliases.push(endpoint.name);
    else byPath.set(key, { ...endpoint, aliases: [] });
  }
  return [...byPath.values()];
}

function showModels(endpoints) {
  const known = new Map(checkboxes().map((box) => [box.value, box.disabled ? null : box.checked]));
  const focused = document.activeElement && document.activeElement.value;
  state.models = distinctModels(endpoints);
  const list = element("model-list");
  list.replaceChildren();
  for (const model of state.models) {
    const before = known.get(model.name);
    const checked = before === undefined || before === null ? model.state === "ready" : before;
    list.append(modelItem(model, checked));
  }
  showTradeoff(state.models, state.times);
  element("no-models").hidden = state.models.length > 0;
  if (state.models.length === 0) element("no-models").textContent = "This server has no question answering model.";
  const box = checkboxes().find((candidate) => candidate.value === focused);
  if (box && !box.disabled) box.focus();
}

async function refresh() {
  try {
    const [server, models] = await Promise.all([
      fetch("v2").then((response) => response.json()),
      fetch("v2/models").then((response) => response.json()),
    ]);
    const ready = models.models.filter((model) => model.state === "ready").length;
    const loading = models.models.filter((model) => model.state === "loading").length;
    const cores = server.cores === 1 ? "1 core" : `${server.cores} cores`;
    element("server").textContent =
      `${server.version}, ${server.isa}, ${cores}, ${ready} of ${models.models.length} endpoints ready`;
    showModels(models.models);
    state.poll = loading > 0 ? setTimeout(refresh, 500) : null;
  } catch (error) {
    element("server").textContent = `The server does not answer (${error.message}); trying again`;
    state.poll = setTimeout(refresh, 2000);
  }
}

function errorText(status, body) {
  if (body && Array.isArray(body.detail)) {
    return body.detail.map((d) => `${(d.loc || []).join(".")}: ${d.msg}`).join("; ");
  }
  if (body && typeof body.detail === "string") return body.detail;
  if (body && body.error) return body.error;
  return `status ${status}`;
}

async function ask(model, question, context) {
  const started = performance.now();
  try {
    const response = await fetch(`v2/models/${encodeURIComponent(model.name)}/infer`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question, context }),
    });
    const body = await response.json().catch(() => null);
    const browser = performance.now() - started;
    if (!response.ok) return { model, browser, error: errorText(response.status, body) };
    const total = Number.parseFloat(response.headers.get("x-total-time"));
    return { model, browser, server: total, ...body };
  } catch (error) {
    return { model, error: `no answer from the server: ${error.message}` };
  }
}

// Offsets count code points; JavaScript strings count UTF-16 units.
function codePointSlice(text, begin, end) {
  return Array.from(text).slice(begin, end).join("");
}

function highlight(result) {
  const box = element("highlight");
  box.replaceChildren();
  if (result.error || result.end <= result.start) {
    box.textContent = state.context;
    return;
  }
  const mark = make("mark", codePointSlice(state.context, result.start, result.end));
  box.append(codePointSlice(state.context, 0, result.start), mark, codePointSlice(state.context, result.end));
  box.scrollTop = Math.max(0, mark.offsetTop - box.offsetTop - 40);
}

function show(index) {
  state.shown = index;
  const result = state.results[index];
  const answer = element("answer");
  if (result.error) answer.textContent = result.error;
  else if (result.answer === "") answer.textContent = "No answer found.";
  else answer.textContent = result.answer;
  const times = Number.isFinite(result.server) ? `, ${result.server.toFixed(1)} ms` : "";
  answer.append(" ", make("small", `${result.model.name}${times}`));
  if (result.warning) answer.append(" ", make("small", result.warning));
  highlight(result);
  showSnippets(result.model.name, state.question, state.context);
  [...element("rows").children].forEach((row, i) => row.setAttribute("aria-current", String(i === index)));
}

function milliseconds(value) {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : "";
}

function resultRow(result, index) {
  const row = make("tr");
  const name = make("th", result.model.name);
  name.scope = "row";
  const answer = make("td", undefined, result.error ? "error" : "");
  const choose = make("button", result.error || result.answer || "no answer", "choose");
  choose.type = "button";
  choose.addEventListener("click", () => show(index));
  answer.append(choose);
  row.append(name, answer);
  const times = state.times.get(result.model.name) || [];
  const numbers = [
    Number.isFinite(result.score) ? result.score.toFixed(2) : "",
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

// One after another: side by side they would share the cores and measure each other. In rounds, so that whatever else
// the machine does meets every model.
async function askInRounds(models, rounds) {
  for (let round = 0; round < rounds; ++round) {
    for (const [index, model] of models.entries()) {
      const result = await ask(model, state.question, state.context);
      state.results[index] = result;
      if (Number.isFinite(result.server)) state.times.get(model.name).push(result.server);
      const row = resultRow(result, index);
      const before = element("rows").children[index];
      // A row keeps its button, and with it the focus, when only its times change.
      if (before && !result.error) refreshTimes(before, row);
      else if (before) before.replaceWith(row);
      else element("rows").append(row);
      if (index === state.shown && (round === 0 || result.error)) show(index);
      showTradeoff(state.models, state.times);
    }
  }
}

function refreshTimes(before, after) {
  [...before.children].forEach((cell, i) => {
    if (i > 1) cell.textContent = after.children[i].textContent;
  });
}

async function submit(event) {
  event.preventDefault();
  const chosen = new Set(checkboxes().filter((box) => box.checked).map((box) => box.value));
  const models = state.models.filter((model) => chosen.has(model.name) && model.state === "ready");
  const question = element("question").value.trim();
  const context = element("context").value;
  const message = element("message");
  message.textContent = "";
  if (models.length === 0) message.textContent = "Choose at least one model that is ready.";
  else if (question === "") message.textContent = "Write a question.";
  else if (context.trim() === "") message.textContent = "Write a context.";
  else if (!element("repeat").reportValidity()) message.textContent = "Ask each model 1 to 1000 times.";
  if (message.textContent !== "") return;

  element("submit").disabled = true;
  state.question = question;
  state.context = context;
  state.results = [];
  state.shown = 0;
  state.times = new Map(models.map((model) => [model.name, []]));
  element("rows").replaceChildren();
  element("result").hidden = false;
  try {
    await askInRounds(models, element("repeat").valueAsNumber);
  } finally {
    element("submit").disabled = false;
    element("result").dataset.done = String(Number(element("result").dataset.done || 0) + 1);
  }
}

function loadExample() {
  const example = EXAMPLES[element("example").selectedIndex];
  element("context").value = example.context;
  element("question").value = example.question;
}

function select(checked) {
  for (const box of checkboxes()) if (!box.disabled) box.checked = checked;
}

function start() {
  for (const example of EXAMPLES) element("example").append(make("option", example.name));
  loadExample();
  element("example").addEventListener("change", loadExample);
  element("ask").addEventListener("submit", submit);
  element("ask").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("ask").requestSubmit();
  });
  element("select-all").addEventListener("click", () => select(true));
  element("select-none").addEventListener("click", () => select(false));
  for (const id of ["axis", "measure"])
    element(id).addEventListener("change", () => showTradeoff(state.models, state.times));
  refresh();
}

start();
