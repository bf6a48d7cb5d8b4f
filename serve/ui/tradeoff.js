// The trade-off that sparsity is about: accuracy from each model's card against its latency here, or its size.

import { element, svgNode } from "./dom.js";
import { niceStep, percentile } from "./numbers.js";
import { store } from "./store.js";

const PLOT = { width: 0, height: 300, left: 56, right: 16, top: 16, bottom: 44 };
const [NARROWEST, WIDEST] = [300, 640];

function isEvaluated({ card }) {
  return Boolean(card && card.evaluation) && ["f1", "exact_match"].some((name) => Number.isFinite(card.evaluation[name]));
}

// Models with both coordinates: [{name, x, y}].
function tradeoffPoints(models, times, axis, measure) {
  return models
    .map((model) => ({
      name: model.name,
      x: axis === "size" ? model.file_bytes / 1e6 : percentile(times.get(model.name) || [], 0.5),
      y: model.card && model.card.evaluation ? model.card.evaluation[measure] : undefined,
    }))
    .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
}

// Horizontal from 0, so that twice as far is twice as slow; vertical around the values.
function plotScale(points) {
  const maxX = 1.15 * Math.max(...points.map((p) => p.x));
  const ys = points.map((p) => p.y);
  const low = Math.max(0, Math.floor((Math.min(...ys) - 5) / 10) * 10);
  const high = Math.min(100, Math.ceil((Math.max(...ys) + 5) / 10) * 10);
  const { width, height, left, right, top, bottom } = PLOT;
  return {
    maxX, low, high,
    x: (value) => left + (value / maxX) * (width - left - right),
    y: (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom),
  };
}

function drawAxes(svg, scale, xName, yName) {
  const { width, height, left, right, bottom } = PLOT;
  for (let value = scale.low; value <= scale.high; value += 10) {
    svg.append(svgNode("line", { x1: left, x2: width - right, y1: scale.y(value), y2: scale.y(value), class: "grid" }));
    svg.append(svgNode("text", { x: left - 8, y: scale.y(value) + 4, "text-anchor": "end" }, String(value)));
  }
  const step = niceStep(scale.maxX, 6);
  for (let i = 0; i * step <= scale.maxX; ++i) {
    const label = String(Number((i * step).toPrecision(6)));
    svg.append(svgNode("text", { x: scale.x(i * step), y: height - bottom + 18, "text-anchor": "middle", class: "tick" }, label));
  }
  svg.append(svgNode("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, xName));
  svg.append(svgNode("text", { x: 14, y: height / 2 - 20, "text-anchor": "middle", transform: `rotate(-90 14 ${height / 2 - 20})` }, yName));
}

function drawPoints(svg, points, scale) {
  points.forEach((point, i) => {
    const [x, y] = [scale.x(point.x), scale.y(point.y)];
    svg.append(svgNode("circle", { cx: x, cy: y, r: 11, class: "point" }));
    svg.append(svgNode("text", { x, y: y + 4, "text-anchor": "middle", class: "point-number" }, String(i + 1)));
  });
}

// Redraws the plot and the list that says the same in words.
export function showTradeoff() {
  const axis = element("axis").value;
  const measure = element("measure").value;
  const [unit, xName] = axis === "size" ? ["MB", "file, MB"] : ["ms", "median time of the server, ms"];
  element("tradeoff").hidden = !store.models.some(isEvaluated);
  const points = tradeoffPoints(store.models, store.times, axis, measure);
  const svg = element("tradeoff-plot");
  // As wide as there is room, so that letters keep their size on a phone.
  const room = svg.parentElement.clientWidth - 32;
  PLOT.width = Math.max(NARROWEST, Math.min(WIDEST, room));
  svg.setAttribute("viewBox", `0 0 ${PLOT.width} ${PLOT.height}`);
  svg.replaceChildren();
  svg.toggleAttribute("hidden", points.length === 0);
  element("tradeoff-empty").hidden = points.length > 0;
  if (points.length > 0) {
    const scale = plotScale(points);
    drawAxes(svg, scale, xName, measure === "f1" ? "F1" : "exact match");
    drawPoints(svg, points, scale);
  }
  element("tradeoff-list").replaceChildren(...points.map((point) => {
    const item = document.createElement("li");
    item.textContent = `${point.name}: ${point.y.toFixed(1)} at ${point.x.toFixed(1)} ${unit}`;
    return item;
  }));
}

for (const id of ["axis", "measure"]) element(id).addEventListener("change", showTradeoff);
window.addEventListener("resize", showTradeoff);
