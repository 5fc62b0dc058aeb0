// Of many points those that a screen can show: of each column of pixels the first, the lowest, the
// highest and the last, so that no peak is lost.
const thin = (xs, ys, from, to, columns) => {
  if (to - from <= columns * 4) return Array.from({ length: to - from }, (_, at) => from + at);
  const kept = [];
  const [begin, end] = [xs[from], xs[to - 1]];
  const width = (end - begin) / columns || 1;
  let at = from;
  while (at < to) {
    const column = Math.floor((xs[at] - begin) / width);
    const first = at;
    let [least, most] = [at, at];
    while (at < to && Math.floor((xs[at] - begin) / width) === column) {
      if (ys[at] < ys[least]) least = at;
      if (ys[at] > ys[most]) most = at;
      at++;
    }
    const last = at - 1;
    for (const one of [first, Math.min(least, most), Math.max(least, most), last]) {
      if (one !== kept.at(-1)) kept.push(one);
    }
  }
  return kept;
};

// The lowest and the highest bound of each column of pixels.
const thinBand = (xs, lows, highs, from, to, columns) => {
  const every = Math.max(1, (to - from) / columns);
  const band = { x: [], low: [], high: [] };
  for (let start = from; start < to; start += every) {
    const [begin, end] = [Math.floor(start), Math.min(to, Math.floor(start + every))];
    let [low, high] = [Infinity, -Infinity];
    for (let at = begin; at < end; at++) {
      if (lows[at] < low) low = lows[at];
      if (highs[at] > high) high = highs[at];
    }
    if (low <= high) {
      band.x.push(xs[begin]);
      band.low.push(low);
      band.high.push(high);
    }
  }
  return band;
};

// The middle value of each column of pixels: where many points lie, the line that an eye would draw.
const middleOf = (xs, ys, from, to, columns) => {
  const every = Math.max(1, (to - from) / columns);
  const middle = { x: [], y: [] };
  for (let start = from; start < to; start += every) {
    const [begin, end] = [Math.floor(start), Math.min(to, Math.floor(start + every))];
    const sorted = ys.slice(begin, end).sort();
    middle.x.push(xs[(begin + end) >> 1]);
    middle.y.push(sorted[sorted.length >> 1]);
  }
  return middle;
};

// Where the first of sorted numbers stands that is no less than a bound.
const placeOf = (sorted, bound) => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};
