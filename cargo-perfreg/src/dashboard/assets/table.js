// Tables that are read page by page, and sorted by the button in a column's head.
//
// A column is {name, show, sort?, number?, whole?}; rows are anything, asked for by their place, so that a
// million of them need not be made.

// The columns of what a row has under a name: a text, or a value in the row's unit.
const textColumn = (name, part) => ({
  name,
  sort: (row) => row[part],
  show: (row) => nameOf(row[part]),
});
const valueColumn = (name, part) => ({
  name,
  number: true,
  sort: (row) => row[part],
  show: (row) => formatValue(row[part], row.unit),
});

const makeTable = ({ id, caption, columns, size = 50, sorted = null, chosen = null }) => {
  const place = byId(`${id}-table`);
  let [rows, page, order, by] = [[], 0, null, null];
  const count = make("p", { class: "count", role: "status" });
  const head = make("tr");
  const body = make("tbody");
  const pages = make("nav", { class: "pages", "aria-label": `Pages of: ${caption}` });
  const table = make("table", {}, make("caption", {}, caption), make("thead", {}, head), body);
  const frame = make(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    table,
  );
  place.replaceChildren(count, frame, pages);

  // The order is part of the address: a column's number, and which way.
  const orderAsked = () => {
    const [, column, way] = /^(\d+)(up|down)$/.exec(state.get(`${id}-by`)) ?? [];
    return columns[column]?.sort ? { column: Number(column), down: way === "down" } : sorted;
  };
  const sort = () => {
    order = null;
    by = orderAsked();
    if (!by) return;
    const { sort } = columns[by.column];
    const keys = Array.from(rows, sort);
    const compare = (a, b) => {
      const [one, other] = [keys[a], keys[b]];
      // What has no value comes last, whichever way the rest is sorted.
      if (one === null || other === null) return (one === null) - (other === null);
      const less = typeof one === "string" ? one.localeCompare(other) : one - other;
      return (by.down ? -less : less) || a - b;
    };
    order = Array.from(keys.keys()).sort(compare);
  };
  const header = () => {
    head.replaceChildren(
      ...columns.map((column, at) => {
        const way = by?.column === at ? (by.down ? "descending" : "ascending") : "none";
        if (!column.sort)
          return make("th", { scope: "col", class: column.number ? "number" : null }, column.name);
        const click = () => {
          const down = by?.column === at ? !by.down : Boolean(column.number);
          state.set({ [`${id}-by`]: `${at}${down ? "down" : "up"}` });
          sort();
          page = 0;
          draw();
          head.children[at].firstChild.focus();
        };
        const sign = { descending: " ▾", ascending: " ▴", none: "" }[way];
        return make(
          "th",
          { scope: "col", "aria-sort": way, class: column.number ? "number" : null },
          make("button", { type: "button", click }, `${column.name}${sign}`),
        );
      }),
    );
  };
  const row = (at) => {
    const one = rows.at(order ? order[at] : at);
    const cells = columns.map((column, nth) => {
      const shown = column.show(one);
      const cell = nth === 0 ? "th" : "td";
      return make(
        cell,
        {
          class: column.number ? "number" : column.whole ? "whole" : null,
          scope: nth === 0 ? "row" : null,
        },
        shown,
      );
    });
    return make("tr", { class: chosen?.(one) ? "chosen" : null }, ...cells);
  };
  const button = (text, to, disabled) =>
    make(
      "button",
      {
        type: "button",
        disabled,
        click: () => {
          page = to;
          draw();
        },
      },
      text,
    );
  const draw = () => {
    const last = Math.max(0, Math.ceil(rows.length / size) - 1);
    page = Math.min(page, last);
    const [from, to] = [page * size, Math.min(rows.length, (page + 1) * size)];
    header();
    body.replaceChildren(...Array.from({ length: to - from }, (_, at) => row(from + at)));
    const range = rows.length
      ? `rows ${formatCount(from + 1)} to ${formatCount(to)} of ${formatCount(rows.length)}`
      : "no rows";
    pages.hidden = last === 0;
    frame.hidden = rows.length === 0;
    pages.replaceChildren(
      button("First", 0, page === 0),
      button("Back", page - 1, page === 0),
      make("span", {}, range),
      button("Next", page + 1, page === last),
      button("Last", last, page === last),
    );
    count.textContent = rows.note ?? range;
  };
  return {
    update: (next) => {
      rows = next;
      sort();
      draw();
    },
    redraw: draw,
    rows: () => (order ? order.map((at) => rows.at(at)) : rows),
  };
};
