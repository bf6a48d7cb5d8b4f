// Numbers as people read them, and the statistics of repeated requests.

export function megabytes(bytes) {
  if (!Number.isFinite(bytes) || bytes <= 0) return "";
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 0)} MB`;
}

export function percent(fraction, digits = 0) {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(digits)} %` : "";
}

export function milliseconds(value) {
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : "";
}

export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

// The value below which a share of the sorted values lies: the smallest with rank at least share * count.
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

// The smallest of 1, 2 and 5 times a power of ten that cuts `range` into at most `most` pieces.
export function niceStep(range, most) {
  const power = 10 ** Math.floor(Math.log10(range / most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => range / step <= most + 1e-9);
}

// Bins for all of `lists` together: [first, first + step), ... A value far above the others counts in the last bin,
// so that one hiccup does not press the rest into one bar.
export function binsFor(lists, most) {
  const low = Math.min(...lists.flat());
  const high = Math.max(...lists.map((list) => Math.min(Math.max(...list), 1.25 * percentile(list, 0.95))));
  const step = niceStep(Math.max(high - low, 0.01 * high, 1e-3), most - 1);
  const first = step * Math.floor(low / step);
  return { first, step, count: Math.floor((high - first) / step) + 1 };
}

export function histogram(values, bins) {
  const counts = new Array(bins.count).fill(0);
  for (const value of values) {
    const bin = Math.floor((value - bins.first) / bins.step);
    ++counts[Math.min(Math.max(bin, 0), bins.count - 1)];
  }
  return counts;
}

// Bin number `bin` in words. The last one has no end.
export function binText(bins, bin) {
  const digits = Math.max(1, -Math.floor(Math.log10(bins.step)));
  const at = (number) => (bins.first + number * bins.step).toFixed(digits);
  return bin === bins.count - 1 ? `${at(bin)} ms and more` : `${at(bin)} to ${at(bin + 1)} ms`;
}
