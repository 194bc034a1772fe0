function ranking() {
  if (!scenarios.length) {
    byId("ranking-note").textContent = "No scenario has finished on every split yet.";
    return;
  }
  const by = metricName(data.metric);
  const own = data.metrics.indexOf(data.ownMetric);
  byId("ranking-note").textContent =
    `By ${by}, mean over the splits. Choose a row to see its confusion matrix. ` +
    `The differences to the best hold together at ${percent(data.confidence)}, corrected for many comparisons.` +
    (own < 0 ? "" : ` The search was ranked by ${data.ownMetric}, which predictions alone do not give: it has a column of its own.`);

  const low = Math.min(...scenarios.map((s) => s.interval[0]));
  const high = Math.max(...scenarios.map((s) => s.interval[1]));
  const columns = [
    { label: "#", value: (s) => s.rank, numeric: true },
    { label: "code", value: (s) => s.code, cell: codeButton },
    { label: by, value: (s) => s.score, numeric: true, descending: true, cell: (s) => scoreCell(s, low, high) },
    {
      label: "to the best", title: "Difference to the best, with its corrected interval",
      value: (s) => s.gap, numeric: true, descending: true, cell: gapCell,
    },
    {
      label: "chance", title: "Can the test rows tell it from the best?",
      value: (s) => (s === best ? 2 : s.within ? 1 + s.p : s.p), descending: true, cell: markCell,
    },
    { label: "time", value: (s) => s.time, numeric: true, cell: (s) => seconds(s.time) },
    ...data.levers.map((lever, i) => ({
      label: lever.name, value: (s) => s.outcomes[i],
      cell: (s) => el("span", {
        class: s.outcomes[i] === lever.baseline ? "outcome base" : "outcome",
        text: s.outcomes[i], title: s.outcomes[i],
      }),
    })),
  ];
  if (own >= 0) {
    columns.splice(3, 0, {
      label: data.ownMetric, value: (s) => s.mean[own], numeric: true, descending: true,
      cell: (s) => score(s.mean[own]),
    });
  }
  columns.head = 1;
  const table = sortableTable({ caption: "Ranking of the scenarios", columns, rows: scenarios, row: scenarioRow });
  byId("ranking").append(filters(table), table.element);
  markChosen(table.body);
}

function scoreCell(s, low, high) {
  const place = (value) => 4 + (72 * (value - low)) / (high - low || 1);
  const plot = svg("svg", { class: "mini", width: 80, height: 14, viewBox: "0 0 80 14", "aria-hidden": "true" },
    svg("line", { x1: 4, x2: 76, y1: 7, y2: 7 }),
    svg("line", { class: "line", x1: place(s.interval[0]), x2: place(s.interval[1]), y1: 7, y2: 7 }),
    svg("circle", { cx: place(s.score), cy: 7, r: 3 }));
  return el("span", { title: `${percent(data.confidence)} interval: ${range(s.interval)}` }, plot, score(s.score));
}
function gapCell(s) {
  if (s === best) return "–";
  return el("span", {}, signed(s.gap), el("span", { class: "faint", text: `  [${range(s.gapInterval, signed)}]` }));
}
function markCell(s) {
  if (s === best) return el("span", { class: "mark best", text: "best" });
  const title = `p = ${s.p < 0.0015 ? "0.001 or less" : s.p.toFixed(3)}, corrected`;
  return s.within ? el("span", { class: "mark near", text: "≈ within chance", title })
    : el("span", { class: "mark far", text: "below", title });
}

function filters(table) {
  const wanted = data.levers.map(() => "");
  const told = el("span", { class: "told", role: "status" });
  const selects = data.levers.map((lever, i) => {
    const select = el("select", { onchange: () => { wanted[i] = select.value; apply(); } },
      el("option", { value: "", text: "any" }),
      ...lever.outcomes.map(([character, name]) => el("option", { value: character, text: name })));
    return select;
  });
  const near = el("input", { type: "checkbox", onchange: () => apply() });
  function apply() {
    const rows = scenarios.filter((s) =>
      (!near.checked || s.within) && wanted.every((character, i) => !character || [...s.code][i] === character));
    table.show(rows);
    told.textContent = `${whole(rows.length)} of ${plural(scenarios.length, "scenario")}`;
  }
  const reset = el("button", { type: "button", class: "plain", text: "Reset", onclick: () => {
    wanted.fill("");
    selects.forEach((select) => { select.value = ""; });
    near.checked = false;
    apply();
  } });
  apply();
  return el("div", { class: "bar", role: "group", "aria-label": "Filter the ranking" },
    ...data.levers.map((lever, i) => el("label", {}, lever.name, selects[i])),
    el("label", { class: "tick" }, near, "within chance of the best"), reset, told);
}
ranking();
