// What is shown, as a file.
const save = (name, type, text) => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};

// A spreadsheet takes a text that begins like a formula for one; a quote before it prevents that.
const csvCell = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// Rows are objects of the same keys.
const csvOf = (keys, rows) => {
  const lines = [keys.map(csvCell).join(",")];
  for (const row of rows) lines.push(keys.map((key) => csvCell(row[key])).join(","));
  return `${lines.join("\r\n")}\r\n`;
};

const bindDownloads = (name, keys, rows) => {
  byId("csv").addEventListener("click", () => save(`${name}.csv`, "text/csv", csvOf(keys, rows())));
  byId("json").addEventListener("click", () => {
    const plain = (key, value) => (Number.isNaN(value) ? null : value);
    save(`${name}.json`, "application/json", JSON.stringify([...rows()], plain, 1));
  });
};
