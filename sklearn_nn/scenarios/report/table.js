// A table that sorts by any column and shows its first rows first.
// A column: {label, value(row), cell(row)?, numeric?, title?, descending?, tint(row)?, extra?};
// `columns.head` is the place of the one that names the row.
const PAGE = 100;

function sortableTable({
  caption, columns, rows, sortBy = 0, descending = false, limit = PAGE, row = () => ({}),
}) {
  const head = columns.head ?? 0;
  const kind = (column, i, tint = null) =>
    [column.numeric && "number", i === head && "pin", column.extra && "extra", tint !== null && "tint"]
      .filter(Boolean).join(" ") || null;
  const state = { rows, column: sortBy, descending, shown: limit };
  const body = el("tbody");
  const more = el("div", { class: "more" });
  const heads = columns.map((column, i) =>
    el("th", { scope: "col", class: kind(column, i), title: column.title },
      el("button", { type: "button", text: column.label, onclick: () => sort(i) })));
  const table = el("table", {}, el("caption", { class: "unseen", text: caption }),
    el("thead", {}, el("tr", {}, ...heads)), body);

  function compare(a, b) {
    const { value } = columns[state.column];
    const [first, second] = [value(a), value(b)];
    const missing = (first === null) - (second === null);
    if (missing || first === null) return missing;
    const order = typeof first === "number" ? first - second
      : String(first).localeCompare(String(second), "en", { numeric: true });
    return state.descending ? -order : order;
  }
  function cells(item) {
    return columns.map((column, i) => {
      const content = (column.cell ?? column.value)(item);
      const tint = column.tint?.(item) ?? null;
      const options = { class: kind(column, i, tint), scope: i === head && "row" };
      if (tint !== null) options.style = { "--tint": tint.toFixed(3) };
      return el(i === head ? "th" : "td", options, content instanceof Node ? content : String(content ?? "–"));
    });
  }
  function draw() {
    heads.forEach((cell, i) => {
      if (i === state.column) cell.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    const sorted = [...state.rows].sort(compare);
    const shown = sorted.slice(0, state.shown);
    body.replaceChildren(...shown.map((item) => el("tr", row(item), ...cells(item))));
    more.replaceChildren();
    more.hidden = shown.length === sorted.length;
    if (more.hidden) return;
    const show = (count) => () => { state.shown = count; draw(); };
    const button = (text, count) => el("button", { type: "button", class: "plain", text, onclick: show(count) });
    const next = Math.min(PAGE, sorted.length - shown.length);
    more.append(`${whole(shown.length)} of ${whole(sorted.length)} shown`,
      button(`Show ${whole(next)} more`, state.shown + PAGE), button("Show all", Infinity));
  }
  function sort(i) {
    state.descending = i === state.column ? !state.descending : Boolean(columns[i].descending);
    state.column = i;
    draw();
  }
  draw();
  return {
    element: el("div", {}, scroller(caption, table), more),
    body,
    show(subset) {
      state.rows = subset;
      state.shown = limit;
      draw();
    },
  };
}

// Rows that choose a scenario, by a click anywhere or by the button with the code.
const scenarioRow = (scenario) => ({
  class: "choice", "data-code": scenario.code, "aria-current": scenario === chosen && "true",
  onclick: () => choose(scenario),
});
const codeButton = (scenario) =>
  el("button", {
    type: "button", class: "pick", text: scenario.code, title: `Show the confusion matrix\n${inWords(scenario)}`,
    onclick: () => byId("confusion").scrollIntoView(),
  });
function markChosen(body) {
  follow(() => {
    for (const line of body.rows) {
      if (chosen && line.dataset.code === chosen.code) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  });
}
const lengthBar = (share) =>
  el("span", { class: "track", "aria-hidden": "true" }, el("span", { class: "length", style: { "--length": share } }));
