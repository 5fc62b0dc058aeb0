// Implementations and cases side by side: a bar each, with the interval of its launches.

// Tests of one module are taken for implementations of one thing.
const moduleOf = (row) => {
  const parts = row.test.split("::");
  return `${row.package} ${parts.length > 2 ? parts.slice(0, -1).join("::") : parts[0]}`;
};
const implementationOf = (row) => row.test.split("::").at(-1);

const barRows = (rows) => {
  const of = (part) => `bars-${part}`;
  const [module, metric, host] = ["module", "metric", "host"].map((part) => byId(of(part)).value);
  const picked = rows.filter(
    (row) => moduleOf(row) === module && row.metric === metric && row.host === host,
  );
  const reference = byId(of("reference")).value;
  const base = new Map(
    picked.filter((row) => implementationOf(row) === reference).map((row) => [row.case, row]),
  );
  return picked.map((row) => {
    const other = base.get(row.case);
    // How many times as good as the reference, whichever way is better.
    const ratio =
      other && other !== row && other.current && row.current
        ? row.better === "lower"
          ? other.current / row.current
          : row.current / other.current
        : null;
    return { ...row, implementation: implementationOf(row), ratio };
  });
};

const barTraces = (rows, factor) => {
  const names = distinct(rows.map((row) => row.implementation));
  return names.flatMap((name, look) => {
    const own = rows.filter((row) => row.implementation === name);
    const colour = colourOf(look);
    const is = (bound) => bound !== null;
    const patterns = ["", "/", "x", "\\", "-", "|", "+", "."];
    return [
      {
        type: "bar",
        name: label(shorten(name, 50)),
        x: own.map((row) => label(shorten(row.case, 30))),
        y: own.map((row) => row.current / factor),
        marker: {
          color: seeThrough(colour, 0.7),
          line: { color: colour, width: 1 },
          pattern: { shape: patterns[look % patterns.length] },
        },
        error_y: {
          type: "data",
          symmetric: false,
          color: fromStyle("--text"),
          thickness: 1.5,
          array: own.map((row) =>
            is(row.now.high) ? Math.max(0, row.now.high - row.current) / factor : 0,
          ),
          arrayminus: own.map((row) =>
            is(row.now.low) ? Math.max(0, row.current - row.now.low) / factor : 0,
          ),
        },
        hoverinfo: "text",
        textposition: "none",
        text: own.map((row) =>
          label(
            `${row.implementation} ${row.case}: ${formatValue(row.current, row.unit)} (${formatInterval(row.now.low, row.now.high, row.unit)})`,
          ),
        ),
      },
    ];
  });
};

const barColumns = [
  textColumn("Implementation", "implementation"),
  textColumn("Case", "case"),
  valueColumn("Now", "current"),
  {
    name: "99 % interval",
    number: true,
    show: (row) => formatInterval(row.now.low, row.now.high, row.unit),
  },
  valueColumn("Baseline", "baseline"),
  {
    name: "Beside the reference",
    number: true,
    sort: (row) => row.ratio,
    show: (row) => (row.ratio === null ? "" : `${digits(row.ratio)} times as good`),
  },
];

const fillBars = (rows) => {
  const refill = (id, values) => {
    const select = byId(id);
    const asked = state.get(id, select.value);
    fillSelect(select, namedOptions(values));
    if (values.includes(asked)) select.value = asked;
  };
  const tests = (name) =>
    new Set(rows.filter((row) => moduleOf(row) === name).map((row) => row.test)).size;
  const modules = distinct(rows.map(moduleOf)).toSorted((a, b) => tests(b) - tests(a));
  refill("bars-module", modules);
  const inside = rows.filter((row) => moduleOf(row) === byId("bars-module").value);
  // Times first: counts of implementations are rarely what they are compared by.
  const times = distinct(inside.filter((row) => row.unit === "ns").map((row) => row.metric));
  refill("bars-metric", [...new Set([...times, ...distinct(inside.map((row) => row.metric))])]);
  const measured = inside.filter((row) => row.metric === byId("bars-metric").value);
  refill("bars-host", distinct(measured.map((row) => row.host)));
  refill("bars-reference", distinct(measured.map(implementationOf)));
};

const drawBars = (rows, table) => {
  fillBars(rows);
  const shown = barRows(rows);
  const unit = shown[0]?.unit ?? "1";
  const { factor, name } = scaleOf(Math.max(...shown.map((row) => Math.abs(row.current)), 0), unit);
  const title = `${shown[0]?.metric ?? ""}${name ? `, ${name}` : ""}`;
  draw(byId("bars"), barTraces(shown, factor), {
    barmode: "group",
    showlegend: true,
    xaxis: axis({ type: "category", title: { text: "Case" } }),
    yaxis: axis({ title: { text: label(title) }, rangemode: "tozero" }),
  });
  const better = shown[0]?.better === "higher" ? "More is better." : "Less is better.";
  byId("bars-says").textContent =
    `${shown.length} bars of ${title}, with 99 % intervals over launches. ${better}`;
  byId("bars").setAttribute(
    "aria-label",
    `Bar chart. ${shown.map((row) => `${row.implementation} ${row.case}: ${formatValue(row.current, row.unit)}`).join("; ")}`,
  );
  table.update(shown);
};
