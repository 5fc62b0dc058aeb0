// The points of the shown series as rows: series after series, the newest first.
const pointRows = (lines) => {
  const parts = lines.map((line) => ({ line, length: line.to - line.from }));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const at = (row) => {
    let rest = row;
    for (const { line, length } of parts) {
      if (rest < length) return pointOf(line, line.to - 1 - rest);
      rest -= length;
    }
    return undefined;
  };
  const all = function* () {
    for (let row = 0; row < length; row++) yield at(row);
  };
  return { length, at, [Symbol.iterator]: all };
};

const pointOf = (line, at) => {
  const { series } = line;
  const commit = data.document.commits[line.commit[at] - 1];
  return {
    test: series.test,
    case: series.case,
    metric: series.metric,
    unit: series.unit,
    host: series.host,
    toolchain: series.toolchain,
    profile: series.profile,
    time: formatTime(line.time[at]),
    commit: commit?.hash ?? null,
    local_changes: commit ? String(commit.dirty) : null,
    branch: commit?.branch ?? null,
    subject: commit?.subject ?? null,
    value: line.value[at],
    low: line.low[at],
    high: line.high[at],
    launches: line.launches[at],
    verdict: data.document.verdicts[line.verdict[at]] ?? "unknown",
  };
};

const POINT_KEYS = [
  "test",
  "case",
  "metric",
  "unit",
  "host",
  "toolchain",
  "profile",
  "time",
  "commit",
  "local_changes",
  "branch",
  "subject",
  "value",
  "low",
  "high",
  "launches",
  "verdict",
];

const pointColumns = [
  { name: "Began", whole: true, show: (point) => point.time },
  { name: "Series", show: (point) => nameOf(`${point.test} ${point.case} on ${point.host}`) },
  { name: "Value", number: true, show: (point) => formatValue(point.value, point.unit) },
  {
    name: "99 % interval",
    number: true,
    show: (point) => formatInterval(point.low, point.high, point.unit),
  },
  { name: "Launches", number: true, show: (point) => String(point.launches) },
  { name: "Verdict", whole: true, show: (point) => withSign(point.verdict) },
  {
    name: "Commit",
    show: (point) =>
      point.commit
        ? `${point.commit.slice(0, 12)}${point.local_changes === "true" ? " with local changes" : ""}`
        : "none",
  },
  { name: "Branch", show: (point) => nameOf(point.branch ?? "none") },
  { name: "Subject", show: (point) => nameOf(point.subject ?? "none") },
];

const changeColumns = [
  {
    name: "State",
    whole: true,
    sort: (one) => one.change.state,
    show: (one) =>
      `${withSign(one.change.state)}${one.change.severity ? `, ${one.change.severity}` : ""}`,
  },
  {
    name: "Series",
    sort: (one) => one.series.test,
    show: (one) =>
      nameOf(`${one.series.test} ${one.series.case} ${one.series.metric} on ${one.series.host}`),
  },
  {
    name: "Change",
    number: true,
    sort: (one) => one.change.change,
    show: (one) => formatPercent(one.change.change),
  },
  { name: "Since", whole: true, sort: (one) => one.change.since, show: (one) => one.change.since },
  { name: "Commits", show: (one) => rangeOf(one.change) },
  { name: "In words", show: (one) => nameOf(one.change.words) },
];

// The commits that a step lies between.
const rangeOf = ({ after_commit: after, by_commit: by, link }) =>
  after && by ? linkTo(link, `${after.slice(0, 12)}..${by.slice(0, 12)}`) : "not known";

const epochColumns = [
  { name: "Since", whole: true, show: (one) => one.epoch.since },
  {
    name: "Series",
    show: (one) =>
      nameOf(`${one.series.test} ${one.series.case} ${one.series.metric} on ${one.series.host}`),
  },
  { name: "Accepted change", number: true, show: (one) => formatPercent(one.epoch.change) },
  { name: "Reason", show: (one) => nameOf(one.epoch.reason ?? "none given") },
];
