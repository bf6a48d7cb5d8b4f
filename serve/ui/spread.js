// How the times of repeated requests are spread: a histogram for each model, all on one scale.

import { element, make, svgNode } from "./dom.js";
import { binsFor, counted, histogram, binText, milliseconds, percentile } from "./numbers.js";
import { store } from "./store.js";

const PLOT = { width: 320, height: 104, top: 14, bottom: 20, side: 6 };
const MOST_BINS = 30;

function words(times, bins, counts) {
  const fullest = counts.indexOf(Math.max(...counts));
  return `${counted(times.length, "request")}: ${milliseconds(Math.min(...times))} to ` +
    `${milliseconds(Math.max(...times))}, p50 ${milliseconds(percentile(times, 0.5))}, ` +
    `p95 ${milliseconds(percentile(times, 0.95))}; most often ${binText(bins, fullest)} ` +
    `(${counted(counts[fullest], "time")}).`;
}

function drawMarks(svg, times, x) {
  for (const [share, name] of [[0.5, "p50"], [0.95, "p95"]]) {
    const at = x(percentile(times, share));
    svg.append(svgNode("line", { x1: at, x2: at, y1: PLOT.top, y2: PLOT.height - PLOT.bottom, class: "mark-line" }));
    const room = 28;
    const left = share === 0.5 ? at > room : at > PLOT.width - room;
    svg.append(svgNode("text", { x: at + (left ? -3 : 3), y: 11, "text-anchor": left ? "end" : "start" }, name));
  }
}

function draw(times, bins, counts) {
  const { width, height, top, bottom, side } = PLOT;
  const svg = svgNode("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "histogram" });
  const end = bins.first + bins.step * bins.count;
  const x = (value) => side + ((Math.min(value, end) - bins.first) / (end - bins.first)) * (width - 2 * side);
  const most = Math.max(...counts);
  counts.forEach((count, i) => {
    const tall = (count / most) * (height - top - bottom);
    const left = x(bins.first + i * bins.step);
    svg.append(svgNode("rect", {
      x: left + 0.5, width: x(bins.first + (i + 1) * bins.step) - left - 1,
      y: height - bottom - tall, height: tall, class: "bar",
    }));
  });
  svg.append(svgNode("line", { x1: side, x2: width - side, y1: height - bottom, y2: height - bottom, class: "grid" }));
  svg.append(svgNode("text", { x: side, y: height - 5 }, milliseconds(bins.first)));
  svg.append(svgNode("text", { x: width - side, y: height - 5, "text-anchor": "end" }, milliseconds(end)));
  drawMarks(svg, times, x);
  return svg;
}

// Once some model was asked at least twice.
export function showSpread() {
  const models = [...store.times].filter(([, times]) => times.length > 1);
  element("spread").hidden = models.length === 0;
  if (models.length === 0) return;
  const bins = binsFor(models.map(([, times]) => times), MOST_BINS);
  element("histograms").replaceChildren(...models.map(([name, times]) => {
    const counts = histogram(times, bins);
    const figure = make("figure");
    const caption = make("figcaption");
    caption.append(make("strong", name), make("small", words(times, bins, counts)));
    figure.append(draw(times, bins, counts), caption);
    return figure;
  }));
}
