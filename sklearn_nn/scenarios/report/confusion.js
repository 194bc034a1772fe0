// The confusion matrix of the chosen scenario, its classes and its largest confusions.
const MOST_CLASSES = 60;

function readMatrix(text, size) {
  const cells = Array.from({ length: size }, () => new Array(size).fill(0));
  const numbers = text ? text.split(",").map(Number) : [];
  for (let i = 0, place = 0; i < numbers.length; i += 2) {
    place += numbers[i];
    cells[Math.floor(place / size)][place % size] = numbers[i + 1];
  }
  return cells;
}
const total = (numbers) => numbers.reduce((sum, n) => sum + n, 0);
const share = (part, whole) => (whole ? part / whole : 0);

function perClass(cells) {
  const predicted = cells.map((_, j) => total(cells.map((row) => row[j])));
  return data.classes.map((name, i) => {
    const rows = total(cells[i]);
    const hits = cells[i][i];
    return {
      name, rows, f1: share(2 * hits, rows + predicted[i]), recall: share(hits, rows), precision: share(hits, predicted[i]),
    };
  });
}

// Of very many classes, those with the most errors; the others are added up.
function folded(cells) {
  if (cells.length <= MOST_CLASSES) return { cells, names: data.classes };
  const errors = cells.map((row, i) => total(row) + total(cells.map((r) => r[i])) - 2 * row[i]);
  const worst = new Set([...errors.keys()].sort((a, b) => errors[b] - errors[a]).slice(0, MOST_CLASSES - 1));
  const kept = [...errors.keys()].filter((i) => worst.has(i));
  const place = new Map(kept.map((i, k) => [i, k]));
  const small = Array.from({ length: MOST_CLASSES }, () => new Array(MOST_CLASSES).fill(0));
  cells.forEach((row, i) => row.forEach((n, j) => {
    if (n) small[place.get(i) ?? MOST_CLASSES - 1][place.get(j) ?? MOST_CLASSES - 1] += n;
  }));
  return { cells: small, names: [...kept.map((i) => data.classes[i]), `${cells.length - kept.length} other classes`] };
}

function confusion() {
  if (!scenarios.length) return leaveOut("confusion");
  const select = el("select", { id: "scenario", onchange: () => choose(scenarios[select.selectedIndex]) },
    ...scenarios.map((s) => el("option", { text: `${s.code}   ${score(s.score)}` })));
  const relative = el("input", { type: "checkbox", id: "relative", onchange: () => draw() });
  const head = el("div", { class: "chosen" });
  const left = el("div");
  const right = el("div");
  const mistakes = el("div");
  byId("confusion").append(
    el("div", { class: "bar" }, el("label", {}, "Scenario", select),
      el("label", { class: "tick" }, relative, "as shares of each true class")),
    head, el("div", { class: "beside" }, left, right), mistakes);

  function draw() {
    const cells = readMatrix(chosen.confusion, data.classes.length);
    select.selectedIndex = chosen.rank - 1;
    head.replaceChildren(chips(chosen), tiles(chosen));
    left.replaceChildren(...matrix(folded(cells), relative.checked));
    right.replaceChildren(el("h3", { text: "Scores by class" }), el("div", { class: "classes" }, classTable(cells).element));
    mistakes.replaceChildren(...largest(cells));
  }
  follow(draw);
}

function tiles(scenario) {
  const several = data.rowsOfSplits.length > 1;
  const one = (name, i) => el("div", {}, metricName(name), el("b", {}, score(scenario.mean[i]),
    several && scenario.std[i] !== null
      ? el("small", { text: ` ± ${score(scenario.std[i])}`, title: "standard deviation over the splits" }) : null));
  return el("div", { class: "tiles" }, ...data.metrics.map(one));
}

function matrix({ cells, names }, relative) {
  const readout = el("p", { class: "readout", role: "status" });
  const sums = cells.map(total);
  const value = (i, j) => (relative ? share(cells[i][j], sums[i]) : cells[i][j]);
  const most = (wanted) =>
    Math.max(1e-9, ...cells.flatMap((row, i) => row.map((_, j) => (wanted(i, j) ? value(i, j) : 0))));
  const peaks = { hit: most((i, j) => i === j), miss: most((i, j) => i !== j) };
  const line = names.map((name) => el("th", { scope: "col", title: name }, el("span", { text: name })));
  const body = cells.map((row, i) => el("tr", {}, el("th", { scope: "row", title: names[i], text: names[i] }),
    ...row.map((count, j) => {
      const kind = i === j ? "hit" : "miss";
      const tint = Math.sqrt(value(i, j) / peaks[kind]);
      return el("td", {
        class: `${kind}${count ? " filled" : ""}${tint > 0.62 ? " heavy" : ""}`, style: { "--tint": tint.toFixed(3) },
        tabindex: i || j ? -1 : 0, text: !count ? "" : relative ? Math.round(value(i, j) * 100) : count,
      });
    })));
  const unit = relative ? "in percent of the true class" : "in rows";
  const table = el("table", { class: "matrix" },
    el("caption", { class: "unseen", text: `Confusion matrix of ${chosen.code}, ${unit}` }),
    el("thead", {}, el("tr", {}, el("td"), ...line)), el("tbody", {}, ...body));

  let lit = [];
  function tell(cell) {
    const [i, j] = [cell.parentNode.rowIndex - 1, cell.cellIndex - 1];
    lit.forEach((node) => node.classList.remove("lit"));
    lit = [line[j], cell.parentNode.cells[0]];
    lit.forEach((node) => node.classList.add("lit"));
    const rows = `${whole(cells[i][j])} of ${plural(sums[i], "row")} (${percent(share(cells[i][j], sums[i]))})`;
    readout.textContent = `${names[i]} taken for ${i === j ? "itself" : names[j]}: ${rows}`;
  }
  const cellOf = (event) => event.target.closest("tbody td");
  table.addEventListener("mouseover", (event) => { if (cellOf(event)) tell(cellOf(event)); });
  table.addEventListener("focusin", (event) => { if (cellOf(event)) tell(cellOf(event)); });
  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !move) return;
    const next = table.rows[cell.parentNode.rowIndex + move[0]]?.cells[cell.cellIndex + move[1]];
    event.preventDefault();
    if (!next || next.tagName !== "TD") return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return [el("p", { class: "axis", text: "True classes down, predicted classes across. Right: blue; wrong: orange." }),
    scroller("Confusion matrix", table), readout];
}

function classTable(cells) {
  const shown = (value) => value.toFixed(3);
  const columns = [
    { label: "class", value: (c) => c.name, cell: (c) => el("span", { class: "outcome", text: c.name, title: c.name }) },
    { label: "rows", value: (c) => c.rows, numeric: true, descending: true, cell: (c) => whole(c.rows) },
    { label: "precision", extra: true, value: (c) => c.precision, numeric: true, cell: (c) => shown(c.precision) },
    { label: "recall", extra: true, value: (c) => c.recall, numeric: true, cell: (c) => shown(c.recall) },
    { label: "F1", value: (c) => c.f1, numeric: true, cell: (c) => el("span", {}, lengthBar(c.f1), shown(c.f1)) },
  ];
  return sortableTable({ caption: "Scores by class", columns, rows: perClass(cells), sortBy: 4, limit: 40 });
}

function largest(cells) {
  const found = [];
  cells.forEach((row, i) => row.forEach((n, j) => { if (n && i !== j) found.push({ i, j, n }); }));
  found.sort((a, b) => b.n - a.n);
  if (!found.length) return [el("p", { class: "faint", text: "No row was classified wrongly." })];
  const items = found.slice(0, 12).map(({ i, j, n }) =>
    el("li", {}, `${data.classes[i]} taken for ${data.classes[j]}`,
      el("span", { class: "faint", text: `  ${plural(n, "row")}, ${percent(n / total(cells[i]))}` })));
  return [el("h3", { text: "Largest confusions" }), el("ol", { class: "mistakes" }, ...items)];
}
confusion();
