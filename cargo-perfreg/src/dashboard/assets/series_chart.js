// Series as lines with bands, points and marks.

// The points of a series on a branch, as columns.
const lineOf = (series, branch) => {
  const columns = ["time", "value", "low", "high", "commit", "launches", "verdict"];
  const whole = Object.fromEntries(columns.map((name) => [name, data.read(series[name])]));
  const recent = { at: data.read(series.recent_at), value: data.read(series.recent_value) };
  const places = new Map();
  if (branch) {
    const fits = Uint8Array.from(data.document.commits, (commit) => commit.branch === branch);
    const picked = [];
    whole.commit.forEach((commit, at) => {
      if (commit && fits[commit - 1]) {
        places.set(at, picked.length);
        picked.push(at);
      }
    });
    for (const name of columns)
      whole[name] = whole[name].constructor.from(picked, (at) => whole[name][at]);
  }
  const placed = (at) => (branch ? places.get(at) : at);
  return { series, ...whole, recent, placed, from: 0, to: whole.time.length };
};

// What is told of where the points lie from left to right: when they began, or which of all they are.
const placeLines = (lines, order) => {
  if (order === "time") {
    for (const line of lines) line.xs = Float64Array.from(line.time, (time) => time * 1000);
    return (seconds) => seconds * 1000;
  }
  const joined = new Uint32Array(lines.reduce((sum, line) => sum + line.time.length, 0));
  let filled = 0;
  for (const line of lines) {
    joined.set(line.time, filled);
    filled += line.time.length;
  }
  joined.sort();
  const all = joined.filter((time, at) => at === 0 || time !== joined[at - 1]);
  for (const line of lines) {
    let at = 0;
    line.xs = Float64Array.from(line.time, (time) => {
      while (all[at] < time) at++;
      return at;
    });
  }
  return (seconds) => placeOf(all, seconds);
};

// How numbers are shown: in a unit that reads well, or relative to the first of each series.
const measures = (lines, relative) => {
  const units = new Set(lines.map((line) => line.series.unit));
  if (relative || units.size > 1) {
    const of = (line) => {
      const first = line.value[0];
      return (value) => (value / first - 1) * 100;
    };
    return { of, title: "% from the first run", suffix: " %" };
  }
  const unit = lines[0]?.series.unit ?? "1";
  const { factor, name } = scaleOf(lines[0]?.value.at(-1) ?? 1, unit);
  return {
    of: () => (value) => value / factor,
    title: `${lines[0]?.series.metric ?? ""}${name ? `, ${name}` : ""}`,
    suffix: name ? ` ${name}` : "",
  };
};

// Columns of pixels that runs are drawn in, of all series together, and of a band.
const COLUMNS = 500;
// From so many runs on the line is that of their middle values.
const DENSE = 600;

const hoverOf = (line, at) => {
  const point = pointOf(line, at);
  const commit = point.commit
    ? `${point.commit.slice(0, 12)} ${shorten(point.subject ?? "", 60)}`
    : "no commit";
  return [
    line.name,
    point.time,
    `${formatValue(point.value, point.unit)} (${formatInterval(point.low, point.high, point.unit)}), ${point.launches} launches`,
    withSign(point.verdict),
    commit,
    point.branch ? `on ${shorten(point.branch, 60)}` : "",
  ]
    .filter(Boolean)
    .map(label)
    .join("<br>");
};

const tracesOf = (line, measure, place, chosen, columns) => {
  const colour = colourOf(line.look);
  const { symbol, dash } = LOOKS[line.look % LOOKS.length];
  const show = measure.of(line);
  const group = { legendgroup: String(line.look), hoverinfo: "text" };
  const traces = [];
  if (chosen.band) {
    const band = thinBand(line.xs, line.low, line.high, line.from, line.to, COLUMNS);
    traces.push({
      ...group,
      x: [...band.x, ...band.x.toReversed()],
      y: [...band.high.map(show), ...band.low.map(show).toReversed()],
      fill: "toself",
      fillcolor: seeThrough(colour, 0.16),
      line: { width: 0 },
      mode: "lines",
      hoverinfo: "skip",
      showlegend: false,
    });
  }
  const kept = thin(line.xs, line.value, line.from, line.to, columns);
  line.shown = kept.length;
  const dense = line.to - line.from > DENSE;
  const runs = {
    ...group,
    name: label(shorten(line.name, 60)),
    x: kept.map((at) => line.xs[at]),
    y: kept.map((at) => show(line.value[at])),
    text: kept.map((at) => hoverOf(line, at)),
    mode: kept.length > 2 && chosen.points ? "lines+markers" : chosen.points ? "markers" : "lines",
    line: { color: colour, dash, width: 1.5 },
    marker: { color: colour, symbol, size: 6 },
  };
  if (dense) {
    const middle = middleOf(line.xs, line.value, line.from, line.to, DENSE / 4);
    const points = {
      mode: "markers",
      showlegend: false,
      marker: { color: seeThrough(colour, 0.35), symbol, size: 3 },
    };
    if (chosen.points) traces.push({ ...runs, ...points });
    traces.push({
      ...runs,
      x: middle.x,
      y: middle.y.map(show),
      text: null,
      hoverinfo: "skip",
      mode: "lines",
      line: { color: colour, dash, width: 2 },
    });
  } else traces.push(runs);
  if (chosen.points) traces.push(launchesOf(line, show, group, colour, symbol));
  traces.push(...boundsOf(line, show, group, colour));
  if (chosen.changes)
    traces.push(stepsOf(line, show, group, colour), acceptedOf(line, show, place, group, colour));
  return traces;
};

// What each launch of the newest runs says.
const launchesOf = (line, show, group, colour, symbol) => {
  const [x, y, text] = [[], [], []];
  line.recent.at.forEach((of, nth) => {
    const at = line.placed(of);
    if (at === undefined || at < line.from || at >= line.to) return;
    const value = line.recent.value[nth];
    x.push(line.xs[at]);
    y.push(show(value));
    text.push(label(`a launch: ${formatValue(value, line.series.unit)}`));
  });
  return {
    ...group,
    x,
    y,
    text,
    mode: "markers",
    showlegend: false,
    name: "launches",
    marker: {
      color: seeThrough(colour, 0.5),
      symbol: `${symbol}-open`,
      size: 4,
      line: { width: 1 },
    },
  };
};

// The baseline and the threshold of the newest run.
const boundsOf = (line, show, group, colour) => {
  const { baseline, threshold, better } = line.series;
  if (baseline === null || line.to <= line.from) return [];
  const x = [line.xs[line.from], line.xs[line.to - 1]];
  const bound = (value, name, dash) => ({
    ...group,
    x,
    y: [show(value), show(value)],
    mode: "lines",
    name: label(name),
    showlegend: false,
    text: label(`${name} of ${line.name}: ${formatValue(value, line.series.unit)}`),
    line: { color: colour, dash, width: 1 },
  });
  const worse = baseline * (better === "lower" ? 1 + threshold : 1 - threshold);
  return [bound(baseline, "baseline", "dash"), bound(worse, "threshold", "dot")];
};

const stepsOf = (line, show, group, colour) => {
  const steps = line.series.changes
    .map((change) => ({ change, at: line.placed(change.at) }))
    .filter(({ at }) => at !== undefined && at >= line.from && at < line.to);
  const up = ({ before, after }) => after > before;
  return {
    ...group,
    mode: "markers",
    showlegend: false,
    name: "steps",
    x: steps.map(({ at }) => line.xs[at]),
    y: steps.map(({ change }) => show(change.after)),
    customdata: steps.map(({ change }) => change.link ?? ""),
    text: steps.map(
      ({ change }) =>
        label(shorten(change.words, 220)).replaceAll(", ", ",<br>") +
        (change.link ? "<br>Click to see the commits." : ""),
    ),
    marker: {
      size: 15,
      symbol: steps.map(({ change }) => (up(change) ? "triangle-up" : "triangle-down")),
      color: steps.map(({ change }) =>
        change.state === "open"
          ? fromStyle("--bad")
          : change.state === "improved"
            ? fromStyle("--good")
            : fromStyle("--faint"),
      ),
      line: { color: colour, width: 2 },
    },
  };
};

// What was accepted before the first run that is shown would stretch the chart.
const isWithin = (line, { time }) =>
  time !== null && time >= line.time[line.from] && time <= line.time[line.to - 1];

const acceptedOf = (line, show, place, group, colour) => {
  const epochs = line.series.epochs
    .filter((epoch) => isWithin(line, epoch))
    .map((epoch) => ({ epoch, at: placeOf(line.time, epoch.time) }))
    .filter(({ at }) => at >= line.from && at < line.to);
  return {
    ...group,
    mode: "markers",
    showlegend: false,
    name: "accepted",
    x: epochs.map(({ epoch }) => place(epoch.time)),
    y: epochs.map(({ at }) => show(line.value[at])),
    text: epochs.map(({ epoch }) =>
      label(
        `accepted ${formatPercent(epoch.change)}: ${shorten(epoch.reason ?? "no reason given", 100)}`,
      ),
    ),
    marker: { size: 13, symbol: "star-diamond-open", color: colour, line: { width: 2 } },
  };
};

// Where statistics begin anew, from top to bottom.
const linesDown = (lines, place) =>
  lines
    .flatMap((line) => {
      const down = (x, dash) => ({
        type: "line",
        xref: "x",
        yref: "paper",
        x0: x,
        x1: x,
        y0: 0,
        y1: 1,
        layer: "below",
        line: { color: seeThrough(colourOf(line.look), 0.6), dash, width: 1 },
      });
      const steps = line.series.changes
        .map((change) => line.placed(change.at))
        .filter((at) => at >= line.from && at < line.to);
      const epochs = line.series.epochs.filter((epoch) => isWithin(line, epoch));
      return [
        ...steps.map((at) => down(line.xs[at], "dash")),
        ...epochs.map(({ time }) => down(place(time), "dot")),
      ];
    })
    .slice(0, 60);
