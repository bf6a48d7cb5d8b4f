// The state of the server over the last two minutes, as far as this page was looking.

import { element, make, svgNode } from "./dom.js";
import { megabytes } from "./numbers.js";

const SPAN_MS = 120_000;
const GAP_MS = 5_000;  // a pause longer than this is no line
const PLOT = { width: 240, height: 48 };

const whole = (value) => value.toLocaleString("en", { maximumFractionDigits: 0 });
const CHARTS = [
  { name: "in flight", value: (now) => now.in_flight, text: whole },
  { name: "queued", value: (now) => now.queued, text: whole },
  { name: "tokens queued", value: (now) => now.queued_tokens, text: whole },
  { name: "tokens a batch", value: batchTokens, text: whole },
  { name: "tokens a second", value: (now, before) => rate(now, before, "tokens"), text: whole },
  { name: "requests a second", value: (now, before) => rate(now, before, "requests"), text: whole },
  { name: "memory", value: (now) => now.resident_bytes, text: megabytes },
];

const samples = [];  // {at, state}

// A counter that went back belongs to a server that has started anew.
function rate(now, before, member) {
  if (!before || now[member] < before[member] || now.at - before.at > GAP_MS) return undefined;
  return (1000 * (now[member] - before[member])) / (now.at - before.at);
}

// On average of the batches since the sample before.
function batchTokens(now, before) {
  if (!before || now.batches <= before.batches) return undefined;
  return (now.batch_tokens - before.batch_tokens) / (now.batches - before.batches);
}

// "M x y L x y ...", from the right end backwards in time; a gap begins anew.
function path(points, highest, end) {
  const { width, height } = PLOT;
  let last = -Infinity;
  return points.map(({ at, value }) => {
    const x = width * (1 - (end - at) / SPAN_MS);
    const y = height - 2 - (value / highest) * (height - 4);
    const command = at - last > GAP_MS ? "M" : "L";
    last = at;
    return `${command}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join(" ");
}

function chart({ name, value, text }, end) {
  const points = samples
    .map((sample, i) => ({ at: sample.at, value: value(sample, samples[i - 1]) }))
    .filter((point) => Number.isFinite(point.value));
  if (points.length === 0) return null;
  const most = Math.max(...points.map((point) => point.value));
  const now = points[points.length - 1].value;
  const figure = make("figure");
  const svg = svgNode("svg", {
    viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, preserveAspectRatio: "none", role: "img", class: "sparkline",
    "aria-label": `${name} over the last two minutes: now ${text(now) || 0}, at most ${text(most) || 0}`,
  });
  svg.append(svgNode("line", { x1: 0, x2: PLOT.width, y1: PLOT.height - 1, y2: PLOT.height - 1, class: "grid" }));
  svg.append(svgNode("path", { d: path(points, Math.max(most, 1e-9), end), class: "line" }));
  const caption = make("figcaption");
  caption.append(make("strong", text(now) || "0"), ` ${name}`, make("small", `at most ${text(most) || 0}`));
  figure.append(caption, svg);
  return figure;
}

// `state` is an answer of GET /v2/state.
export function addSample(state) {
  const at = performance.now();
  samples.push({ ...state, at });
  while (samples[0].at < at - SPAN_MS) samples.shift();
  element("activity-charts").replaceChildren(...CHARTS.map((one) => chart(one, at)).filter(Boolean));
}
