// The card of a model: what it is, and a picture of each of its matrices.

import { errorText, request, ServerGone } from "./api.js";
import { element, make, scrolling } from "./dom.js";
import { counted, megabytes, percent } from "./numbers.js";

const WEIGHTS = {
  trained: "trained",
  random: "random: as fast as trained ones, but the answers mean nothing",
};

function memoryText(model) {
  const all = megabytes(model.memory_bytes);
  if (!(model.shared_bytes > 0)) return all;
  const own = model.own_bytes > 0 ? `${megabytes(model.own_bytes)} its own, ` : "";
  return `${all}: ${own}${megabytes(model.shared_bytes)} shared with other models`;
}

function evaluationText({ f1, exact_match: exactMatch, dataset }) {
  const parts = [];
  if (Number.isFinite(f1)) parts.push(`F1 ${f1.toFixed(1)}`);
  if (Number.isFinite(exactMatch)) parts.push(`exact match ${exactMatch.toFixed(1)}`);
  return dataset ? `${parts.join(", ")} (${dataset})` : parts.join(", ");
}

// [term, text], without what is not known.
function facts(model) {
  const card = model.card || {};
  const rows = [
    ["weights", WEIGHTS[card.weights] || "the model has no card that says whether they are trained"],
    ["encoder", model.layers ? `${counted(model.layers, "layer")} of ${model.hidden_size} features, ${counted(model.heads, "head")}` : "not recognised: the model runs on the interpreter"],
    ["tokens", `at most ${model.sequence_length} in a sequence here${model.max_positions ? `, ${model.max_positions} for the model` : ""}`],
    ["zeros", percent(model.sparsity, 1)],
    ["kernels", (model.matrices || []).map((kind) => `${kind.count} × ${kind.kernel} (${kind.form})`).join(", ")],
    ["file", megabytes(model.file_bytes)],
    ["memory", memoryText(model)],
    ["evaluation", card.evaluation ? evaluationText(card.evaluation) : ""],
    ["made from", card.base_model],
    ["license", card.license],
    ["folder", model.model_path],
    ["warnings", (model.warnings || []).join("; ")],
  ];
  return rows.filter(([, text]) => text);
}

// A cell is the stronger the more of its weights are not zero. The root keeps a tenth visible.
function picture(matrix) {
  const { height, width, cells } = matrix.density;
  const canvas = make("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(element("card-close")).color;
  cells.forEach((cell, i) => {
    context.globalAlpha = Math.sqrt(cell / 1000);
    context.fillRect(i % width, Math.floor(i / width), 1, 1);
  });
  canvas.style.width = `${2 * width}px`;
  canvas.style.height = `${2 * height}px`;
  const densest = Math.max(...cells) / 1000;
  const words = `layer ${matrix.layer + 1} ${matrix.step}: ${matrix.rows} × ${matrix.cols}, ${zerosOf(matrix)} zeros, ` +
    `${matrix.kernel}, densest part ${percent(densest)} not zero`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  canvas.title = words;
  return canvas;
}

function zerosOf(matrix) {
  return percent(1 - matrix.nonzeros / (matrix.rows * matrix.cols), 1);
}

// Layers from top to bottom, the matrices of a layer from left to right.
function matrixTable(matrices) {
  const steps = [...new Set(matrices.map((matrix) => matrix.step))];
  const table = make("table", undefined, "matrices");
  const head = make("tr");
  for (const name of ["layer", ...steps]) {
    const cell = make("th", name);
    cell.scope = "col";
    head.append(cell);
  }
  const rows = [];
  for (const matrix of matrices) {
    if (!rows[matrix.layer]) {
      const name = make("th", String(matrix.layer + 1));
      name.scope = "row";
      rows[matrix.layer] = make("tr");
      rows[matrix.layer].append(name);
    }
    const cell = make("td");
    cell.append(picture(matrix), make("small", zerosOf(matrix)));
    rows[matrix.layer].append(cell);
  }
  const [thead, tbody] = [make("thead"), make("tbody")];
  thead.append(head);
  tbody.append(...rows);
  table.append(make("caption", "Each matrix, and its share of zeros"), thead, tbody);
  return table;
}

let loading = null;  // the AbortController of the matrices on their way

async function showMatrices(model) {
  const status = element("card-status");
  loading = new AbortController();
  const { signal } = loading;
  status.textContent = "Reading the matrices";
  try {
    const { ok, status: code, body } = await request(`v2/models/${encodeURIComponent(model.name)}/matrices`, { signal });
    status.textContent = ok ? "" : errorText(code, body);
    if (ok && body.matrices.length === 0) status.textContent = "There are no matrices to show: no encoder was recognised.";
    else if (ok) {
      const note = make("p", "Outputs go down, inputs to the right. A point stands for several weights, stronger the " +
        "more of them are not zero.", "note");
      element("card-matrices").append(scrolling(matrixTable(body.matrices), "Matrices of the model"), note);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ServerGone)) throw error;
    status.textContent = `no answer from the server: ${error.message}`;
  }
}

export function showCard(model) {
  element("card-title").textContent = model.name;
  element("card-description").textContent = (model.card && model.card.description) || "";
  element("card-facts").replaceChildren(...facts(model).flatMap(([term, text]) => [make("dt", term), make("dd", text)]));
  element("card-matrices").replaceChildren();
  element("card").showModal();
  showMatrices(model);
}

element("card-close").addEventListener("click", () => element("card").close());
element("card").addEventListener("close", () => loading && loading.abort());
