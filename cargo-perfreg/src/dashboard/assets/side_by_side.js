// The page of comparisons: the table of the last runs, one row of it in full, and implementations.
let data = null;

const keyOf = ({ package: of, test, case: name, metric, host }) =>
  shortName([of, test, name, metric, host].join("\u001f"));

const matching = () => {
  const fits = matcher(byId("q").value);
  const is = (id, value) => byId(id).value === "" || byId(id).value === value;
  const least = Number(byId("least").value);
  return data.document.rows.filter(
    (row) =>
      fits(`${row.package} ${row.test} ${row.case}`) &&
      is("verdict", row.verdict) &&
      is("host", row.host) &&
      is("metric", row.metric) &&
      (least === 0 || Math.abs(row.change ?? 0) * 100 >= least),
  );
};

// The row in full: the chosen one, or the first of the table.
const chosenRow = () => {
  const all = data.document.rows;
  return all.find((row) => row.key === state.get("row")) ?? tables.rows.rows().at(0) ?? all[0];
};

const choose = (row) => {
  state.set({ row: row.key });
  tables.rows.redraw();
  drawRow();
  byId("row-of").focus();
  byId("row-of").scrollIntoView({ block: "start" });
};

const changeOf = (row) =>
  row.change === null
    ? "none"
    : `${formatPercent(row.change)} (${formatPercent(row.change_low)} to ${formatPercent(row.change_high)})`;
// What any change counts for, or grew from zero, is beyond all measure.
const effectOf = ({ effect, threshold }) => {
  if (effect === null) return "none";
  if (threshold === 0 && effect === 0) return "any change counts";
  return effect > 1e6 ? "beyond any" : `${effect.toFixed(1)} × ${(threshold * 100).toFixed(1)} %`;
};
const classOf = (verdict) =>
  ({ regressed: "bad", missing: "bad", improved: "good" })[verdict] ?? "";

const rowColumns = [
  {
    name: "Test",
    sort: (row) => row.test,
    show: (row) =>
      make(
        "button",
        { type: "button", class: "link", title: "Show in full", click: () => choose(row) },
        nameOf(row.test),
      ),
  },
  {
    name: "Verdict",
    whole: true,
    sort: (row) => row.verdict,
    show: (row) =>
      make(
        "span",
        { class: classOf(row.verdict) },
        `${withSign(row.verdict)}${row.severity ? `, ${row.severity}` : ""}`,
      ),
  },
  textColumn("Case", "case"),
  textColumn("Metric", "metric"),
  valueColumn("Baseline", "baseline"),
  valueColumn("Now", "current"),
  { name: "Change", number: true, sort: (row) => row.change, show: changeOf },
  { name: "Of its threshold", number: true, sort: (row) => row.effect, show: effectOf },
  textColumn("Platform", "host"),
  { name: "Why", show: (row) => nameOf(row.why) },
];

const ROW_KEYS = [
  "package",
  "test",
  "case",
  "metric",
  "unit",
  "better",
  "host",
  "toolchain",
  "started",
  "commit",
  "verdict",
  "severity",
  "baseline",
  "current",
  "change",
  "change_low",
  "change_high",
  "threshold",
  "effect",
  "why",
  "against",
];

const factRows = (row) => [
  ["Verdict", `${withSign(row.verdict)}${row.severity ? `, ${row.severity}` : ""}`],
  ["Why", row.why],
  ["Change", changeOf(row)],
  [
    "Threshold",
    `${(row.threshold * 100).toFixed(1)} %${row.reason ? `, because: ${row.reason}` : ""}`,
  ],
  [
    "Baseline",
    `${formatValue(row.baseline, row.unit)}, ${row.before.launches} launches${row.against ? `, ${row.against}` : ""}`,
  ],
  [
    "Now",
    `${formatValue(row.current, row.unit)}, ${row.now.launches} launches, run of ${row.started}`,
  ],
  ["Commit", row.commit ?? "none"],
  ["Machine", row.host],
  ["Toolchain", row.toolchain],
  ...(row.percentiles
    ? [
        [
          "Percentiles of samples",
          ["p50", "p95", "p99"]
            .map((name) => `${name} ${formatValue(row.percentiles[name], row.unit)}`)
            .join(", "),
        ],
      ]
    : []),
];

const drawRow = () => {
  const row = chosenRow();
  if (!row) return;
  const [kind, asked] = [byId("kind").value, byId("level").value];
  // Launches of one side are compared with launches of the other, never with samples.
  const lacks = SIDES.some(({ part }) => !row[part].samples.length && row[part].value.length > 0);
  const level = lacks ? "launches" : asked;
  const name = `${row.test} ${row.case} ${row.metric}`;
  byId("row-name").textContent = name;
  const { factor, name: unit } = scaleOf(row.current, row.unit);
  const title = label(`${row.metric}${unit ? `, ${unit}` : ""}`);
  draw(
    byId("spread"),
    distributionTraces(row, kind, level, factor),
    distributionLayout(kind, title),
  );
  draw(byId("order"), orderTraces(row, level, factor), {
    shapes: orderShapes(row, level),
    xaxis: axis({
      title: {
        text:
          level === "samples" ? "Sample, as taken; lines tell launches apart" : "Launch, as taken",
      },
    }),
    yaxis: axis({ title: { text: title } }),
  });
  const counts = SIDES.map(
    ({ part, sign }) =>
      `${sign} ${sideName(row, part)} (${formatCount(valuesOf(row, part, level).length)} ${level})`,
  );
  const thinned = SIDES.some(({ part }) => level === "samples" && row[part].every > 1)
    ? " Of many samples some are kept."
    : "";
  const lacking =
    level === asked ? "" : " The samples of one side were not kept; these are launches.";
  byId("spread-says").textContent = `${counts.join("; ")}.${thinned}${lacking}`;
  byId("spread").setAttribute(
    "aria-label",
    `${byId("kind").selectedOptions[0].text} of ${name}. ${counts.join("; ")}`,
  );
  byId("order").setAttribute("aria-label", `Values of ${name} in the order they were taken.`);
  tables.quantiles.update(quantileRows(row, level));
  tables.order.update(orderRows(row, level));
  byId("facts").replaceChildren(
    ...factRows(row).flatMap(([name, text]) => [
      make("dt", {}, name),
      make("dd", {}, nameOf(text)),
    ]),
  );
};

const drawRows = () => {
  const rows = matching();
  const hidden = data.document.rows.length - rows.length;
  rows.note = `${formatCount(rows.length)} results${hidden ? `, ${formatCount(hidden)} hidden by the filters` : ""}`;
  tables.rows.update(rows);
  drawRow();
};

const drawAll = () => {
  drawRows();
  drawBars(data.document.rows, tables.bars);
};

const start = async () => {
  data = await unpack(byId("data"));
  await isLoaded;
  const { document: page } = data;
  for (const row of page.rows) row.key = keyOf(row);
  showHead(page);
  byId("headline").textContent = page.headline;
  const of = (part) => page.rows.map((row) => row[part]);
  const having = (verdict) => page.rows.filter((row) => row.verdict === verdict).length;
  showSummary(distinct(of("verdict")).map((verdict) => [withSign(verdict), having(verdict)]));
  fillFilter("verdict", "verdict", of("verdict"));
  fillFilter("host", "platform", of("host"));
  fillFilter("metric", "metric", of("metric"));
  addTable("rows", "The last runs", rowColumns, {
    size: 25,
    sorted: { column: 7, down: true },
    chosen: (row) => row === chosenRow(),
  });
  addTable("quantiles", "Quantiles of both sides", quantileColumns);
  addTable("order", "Values in the order they were taken", orderColumns, { size: 25 });
  addTable("bars", "Implementations and cases", barColumns, { size: 50 });
  const filters = ["q", "verdict", "host", "metric", "least"];
  fillBars(page.rows);
  const show = [
    bind(filters, drawRows),
    bind(["kind", "level"], drawRow),
    bind(["bars-module", "bars-metric", "bars-host", "bars-reference"], () =>
      drawBars(page.rows, tables.bars),
    ),
  ];
  keepForms();
  bindTheme(drawAll);
  bindSkip("row-of");
  bindDownloads("performance_comparison", ROW_KEYS, () =>
    Array.from(tables.rows.rows(), (row) =>
      Object.fromEntries(ROW_KEYS.map((key) => [key, row[key]])),
    ),
  );
  followAddress(() => show.forEach((one) => one()), drawAll);
  drawAll();
  isReady();
};

openPage(start);
