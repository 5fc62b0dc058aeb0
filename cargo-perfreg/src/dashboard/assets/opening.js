// What every page does as it opens.
const tables = {};

const addTable = (id, caption, columns, more = {}) => {
  tables[id] = makeTable({ id, caption, columns, ...more });
};

const namedOptions = (values) => values.map((value) => [value, shorten(value, 80)]);

// A filter for any of these values.
const fillFilter = (id, name, values) =>
  fillSelect(byId(id), [["", `any ${name}`], ...namedOptions(distinct(values))]);

const showHead = ({ project, made, notes }) => {
  byId("project").textContent = project;
  byId("made").textContent = made;
  showNotes(notes);
};

const showSummary = (counts) =>
  byId("summary").replaceChildren(
    ...counts.map(([name, count]) =>
      make("li", {}, make("strong", {}, formatCount(count)), ` ${name}`),
    ),
  );

// All that follows from the address, when another is gone to.
const followAddress = (show, redraw) =>
  window.addEventListener("hashchange", () => {
    applyTheme();
    show();
    redraw();
  });

// What goes wrong stands on the page, too, not in the console alone.
const openPage = (start) =>
  start().catch((error) => {
    byId("failed").hidden = false;
    byId("failed").append(` ${error.message}`);
    throw error;
  });
