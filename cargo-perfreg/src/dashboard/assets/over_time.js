// The page of time series: what is chosen, and everything that follows from it.
const MOST_SERIES = LOOKS.length;
let data = null;
const lines = new Map();
let shownLines = [];
// Found once for everything that is drawn of one choice: there may be thousands to choose from.
let chosenNow = [];

const keyOf = ({ package: of, test, case: name, metric, host, profile, toolchain }) =>
  shortName([of, test, name, metric, host, profile, toolchain].join("\u001f"));

const worstOf = (series) => {
  const rank = (change) =>
    ["open critical", "open warning", "open notice", "recovered", "improved", "settled"].indexOf(
      change.state === "open" ? `open ${change.severity}` : change.state,
    );
  return series.changes.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
};
const alarmOf = (worst) => {
  if (!worst) return 0;
  return (
    { open: 1e6, recovered: 2, improved: 1, settled: 1 }[worst.state] +
    Math.min(1e5, Math.abs(worst.change ?? 9) * 100)
  );
};

const shownKeys = () => state.get("show").split(".").filter(Boolean);

// What is shown where nothing was chosen: the most alarming series, with others of its test and metric.
const usualKeys = (all) => {
  const isTime = ({ unit }) => Number(unit === "ns");
  const [worst] = all.toSorted(
    (a, b) => b.alarm - a.alarm || isTime(b) - isTime(a) || b.time.length - a.time.length,
  );
  if (!worst) return [];
  const same = all.filter(
    (one) =>
      one.test === worst.test && one.metric === worst.metric && one.package === worst.package,
  );
  const others = same.filter((one) => one !== worst);
  return [worst, ...others].slice(0, 4).map((one) => one.key);
};

const matching = () => {
  const fits = matcher(byId("q").value);
  const is = (id, value) => byId(id).value === "" || byId(id).value === value;
  const wanted = byId("changed").value;
  const changed = (series) =>
    wanted === "" || series.changes.some((change) => wanted === "any" || change.state === wanted);
  return data.document.series.filter(
    (one) =>
      fits(`${one.package} ${one.test} ${one.case}`) &&
      is("metric", one.metric) &&
      is("host", one.host) &&
      changed(one),
  );
};

const chosenSeries = () => {
  const known = new Map(data.document.series.map((series) => [series.key, series]));
  const asked = shownKeys()
    .map((key) => known.get(key))
    .filter(Boolean);
  return asked.length || state.get("show") === "none"
    ? asked
    : usualKeys(matching()).map((key) => known.get(key));
};

const toggle = (series) => {
  const keys = chosenSeries().map((one) => one.key);
  const rest = keys.filter((key) => key !== series.key);
  const next = rest.length < keys.length ? rest : [...keys, series.key].slice(-MOST_SERIES);
  state.set({ show: next.join(".") || "none", from: "", to: "" });
  drawAll();
};

const alone = (series) => {
  const same = data.document.series.filter(
    (one) =>
      one.test === series.test && one.metric === series.metric && one.package === series.package,
  );
  const keys = [series, ...same.filter((one) => one !== series)]
    .slice(0, MOST_SERIES)
    .map((one) => one.key);
  state.set({ show: keys.join("."), from: "", to: "" });
  drawAll();
  byId("chart-of").scrollIntoView({ block: "start" });
};

const seriesColumns = [
  {
    name: "Test",
    sort: (one) => one.test,
    show: (one) =>
      make(
        "button",
        {
          type: "button",
          class: "link",
          title: "Show all cases of this test",
          click: () => alone(one),
        },
        nameOf(one.test),
      ),
  },
  {
    name: "Shown",
    show: (one) =>
      make("input", {
        type: "checkbox",
        checked: chosenNow.includes(one),
        change: () => toggle(one),
        "aria-label": `Show ${one.test} ${one.case} ${one.metric} on ${one.host}`,
      }),
  },
  textColumn("Case", "case"),
  textColumn("Metric", "metric"),
  textColumn("Platform", "host"),
  {
    name: "Runs",
    number: true,
    sort: (one) => one.time.length,
    show: (one) => formatCount(one.time.length),
  },
  {
    name: "Last value",
    number: true,
    sort: (one) => data.read(one.value).at(-1),
    show: (one) => formatValue(data.read(one.value).at(-1), one.unit),
  },
  {
    name: "Steps",
    number: true,
    sort: (one) => one.alarm,
    show: (one) => {
      const { worst } = one;
      return worst
        ? `${withSign(worst.state)}${worst.severity ? ` (${worst.severity})` : ""} ${formatPercent(worst.change)}`
        : one.time.length < 3
          ? "too few runs"
          : "none";
    },
  },
];

// What tells the shown series from each other, in words.
const namesOf = (all) => {
  const parts = ["package", "test", "case", "metric", "host", "profile", "toolchain"];
  const differ = parts.filter((part) => new Set(all.map((series) => series[part])).size > 1);
  const told = differ.length ? differ : ["test", "case"];
  return all.map((series) =>
    told.map((part) => (part === "toolchain" ? `rustc ${series[part]}` : series[part])).join(", "),
  );
};

const lineFor = (series, name, look) => {
  const branch = byId("branch").value;
  const key = `${series.key} ${branch}`;
  if (!lines.has(key)) lines.set(key, lineOf(series, branch));
  const line = lines.get(key);
  return Object.assign(line, { look, name, from: 0, to: line.time.length });
};

const drawChart = () => {
  const names = namesOf(chosenNow);
  const all = chosenNow
    .map((series, look) => lineFor(series, names[look], look))
    .filter((line) => line.time.length > 0);
  byId("chart-name").textContent = distinct(chosenNow.map((series) => series.test)).join(", ");
  const order = byId("x").value;
  const place = placeLines(all, order);
  const [begin, end] = [state.get("from"), state.get("to")].map((text) =>
    text === "" ? null : Number(text),
  );
  for (const line of all) {
    if (Number.isFinite(begin) && begin !== null) line.from = placeOf(line.xs, begin);
    if (Number.isFinite(end) && end !== null) line.to = Math.max(line.from, placeOf(line.xs, end));
  }
  const chosen = Object.fromEntries(
    ["band", "points", "changes"].map((id) => [id, byId(id).checked]),
  );
  const measure = measures(all, byId("relative").checked);
  const traces = all.flatMap((line) => tracesOf(line, measure, place, chosen, COLUMNS / all.length));
  const range = begin !== null && end !== null ? [begin, end] : undefined;
  const logarithmic = byId("y").value === "log" && measure.suffix !== " %";
  const drawn = draw(byId("chart"), traces, {
    xaxis: axis({
      type: order === "time" ? "date" : "linear",
      range,
      title: { text: order === "time" ? "Began (UTC)" : "Run, in order" },
    }),
    yaxis: axis({
      type: logarithmic ? "log" : "linear",
      rangemode: byId("y").value === "zero" ? "tozero" : "normal",
      title: { text: label(measure.title) },
    }),
    shapes: chosen.changes ? linesDown(all, place) : [],
  });
  shownLines = all;
  describe(all);
  tables.points.update(pointRows(all));
  const of = (part) =>
    all.flatMap(({ series }) =>
      series[part].map((one) => ({ series, [part === "changes" ? "change" : "epoch"]: one })),
    );
  tables.changes.update(of("changes"));
  tables.epochs.update(of("epochs"));
  return drawn;
};

// What a chart shows, in words, for those who do not see it.
const describe = (all) => {
  const counts = all.map((line) => line.to - line.from);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shown = all.reduce((sum, line) => sum + line.shown, 0);
  const thinned =
    shown < total
      ? ` ${formatCount(shown)} of them are drawn, with every peak; zoom in for the others.`
      : "";
  const few = all.some((line, nth) => counts[nth] < 3)
    ? " A series of fewer than three runs has no trend."
    : "";
  const words = all.map((line) => {
    const last = line.value[line.to - 1];
    const { worst } = line.series;
    return `${line.name}: ${formatCount(line.to - line.from)} runs, last ${formatValue(last, line.series.unit)}${worst ? `; ${worst.words}` : ""}`;
  });
  const text = all.length
    ? `${formatCount(total)} runs of ${all.length} series.${thinned}${few}`
    : "No series is chosen, or it has no run on this branch.";
  byId("chart-says").textContent = text;
  byId("chart").setAttribute("aria-label", `Line chart. ${text} ${words.join(" ")}`);
};

const drawAll = () => {
  const all = matching();
  chosenNow = chosenSeries();
  const hidden = data.document.series.length - all.length;
  all.note = `${formatCount(all.length)} series${hidden ? `, ${formatCount(hidden)} hidden by the filters` : ""}`;
  tables.series.update(all);
  return drawChart();
};

const summary = () => {
  const count = (of) => data.document.series.filter(of).length;
  const has = (wanted) => (series) => series.changes.some((change) => change.state === wanted);
  showSummary([
    ["series", data.document.series.length],
    ["▲ got worse and still are", count(has("open"))],
    ["↺ recovered", count(has("recovered"))],
    ["✓ settled", count(has("settled"))],
    ["▼ improved", count(has("improved"))],
  ]);
};

const bindChart = () => {
  const chart = byId("chart");
  chart.on("plotly_relayout", (change) => {
    if (change["xaxis.autorange"]) state.set({ from: "", to: "" });
    else if (change["xaxis.range[0]"] !== undefined) {
      const place = (value) =>
        Math.round(typeof value === "string" ? Date.parse(`${value.replace(" ", "T")}Z`) : value);
      state.set({ from: place(change["xaxis.range[0]"]), to: place(change["xaxis.range[1]"]) + 1 });
    } else return;
    drawChart();
  });
  chart.on("plotly_click", ({ points }) => {
    const link = points[0]?.customdata;
    if (/^https:\/\//.test(link ?? "")) window.open(link, "_blank", "noopener");
  });
};

const start = async () => {
  data = await unpack(byId("data"));
  await isLoaded;
  const { document: page } = data;
  for (const series of page.series) {
    const worst = worstOf(series);
    Object.assign(series, { key: keyOf(series), worst, alarm: alarmOf(worst) });
  }
  showHead(page);
  summary();
  const of = (part) => page.series.map((one) => one[part]);
  fillFilter("metric", "metric", of("metric"));
  fillFilter("host", "platform", of("host"));
  fillFilter("branch", "branch", page.commits.map((one) => one.branch).filter(Boolean));
  addTable("series", "All series", seriesColumns, {
    size: 20,
    sorted: { column: 7, down: true },
    chosen: (one) => chosenNow.includes(one),
  });
  addTable("points", "Runs of the shown series, the newest first", pointColumns, { size: 25 });
  addTable("changes", "Steps of the shown series", changeColumns, { size: 20 });
  addTable("epochs", "Accepted changes of the shown series", epochColumns, { size: 20 });
  const controls = [
    "q",
    "metric",
    "host",
    "changed",
    "branch",
    "x",
    "y",
    "relative",
    "band",
    "points",
    "changes",
  ];
  const show = bind(controls, (id) => {
    if (id === "x") state.set({ from: "", to: "" });
    if (["q", "metric", "host", "changed"].includes(id)) drawAll();
    else drawChart();
  });
  keepForms();
  bindTheme(drawChart);
  bindSkip("chart-of");
  byId("whole").addEventListener("click", () => {
    state.set({ from: "", to: "" });
    drawChart();
  });
  bindDownloads("performance_dashboard", POINT_KEYS, () => [...pointRows(shownLines)]);
  followAddress(show, drawAll);
  await drawAll();
  bindChart();
  isReady();
};

openPage(start);
