// Scores by language, and seconds by step.
const FEW_ROWS = 30;

function languages() {
  if (!data.languages.length || !scenarios.length) return leaveOut("languages");
  byId("languages-note").textContent =
    `${metricName(data.metric).replace(/^./, (c) => c.toUpperCase())} on the test rows of each language, ` +
    "all splits together; the number of rows stands beside the name. " +
    `The best of a column is bold. Languages with fewer than ${FEW_ROWS} rows (italic) say little.`;
  const all = scenarios.flatMap((s) => s.languages).filter((v) => v !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const columns = [
    { label: "code", value: (s) => s.code, cell: codeButton },
    { label: "all rows", value: (s) => s.score, numeric: true, descending: true, cell: (s) => score(s.score) },
    ...data.languages.map(([name, rows], i) => {
      const top = Math.max(...scenarios.map((s) => s.languages[i] ?? -1));
      const kind = rows < FEW_ROWS ? "few" : null;
      return {
        label: `${name} (${whole(rows)})`, value: (s) => s.languages[i], numeric: true, descending: true,
        cell: (s) => el(s.languages[i] === top ? "strong" : "span", { class: kind, text: score(s.languages[i]) }),
        tint: (s) => (s.languages[i] === null ? null : (s.languages[i] - low) / (high - low || 1)),
      };
    }),
  ];
  const table = sortableTable({
    caption: "Scores by language", columns, rows: scenarios, sortBy: 1, descending: true, limit: 15, row: scenarioRow,
  });
  byId("languages").append(table.element);
  markChosen(table.body);
}

function steps() {
  const names = [...new Set(scenarios.flatMap((s) => Object.keys(s.steps)))];
  if (!names.length) return leaveOut("steps");
  const rows = names.flatMap((step, place) => {
    // The outcomes of a step are those of the levers that set it or a parameter of it.
    const at = data.levers.flatMap((lever, i) => (lever.name.split("__")[0] === step ? [i] : []));
    const groups = new Map();
    for (const s of scenarios) {
      if (s.steps[step] === undefined || s.steps[step] === null) continue;
      const outcome = at.map((i) => s.outcomes[i]).join(" · ") || "every scenario";
      if (!groups.has(outcome)) groups.set(outcome, []);
      groups.get(outcome).push(s.steps[step]);
    }
    return [...groups].map(([outcome, times]) => ({
      step, place, outcome, count: times.length, mean: total(times) / times.length,
      low: times.reduce((a, b) => Math.min(a, b)), high: times.reduce((a, b) => Math.max(a, b)),
    }));
  });
  const most = rows.reduce((a, row) => Math.max(a, row.mean), 0) || 1;
  const columns = [
    { label: "step", value: (r) => r.place, cell: (r) => r.step },
    { label: "outcome", value: (r) => r.outcome },
    { label: "scenarios", value: (r) => r.count, numeric: true, descending: true, cell: (r) => whole(r.count) },
    {
      label: "mean", value: (r) => r.mean, numeric: true, descending: true,
      cell: (r) => el("span", {}, lengthBar(r.mean / most), el("span", { class: "fixed", text: seconds(r.mean) })),
    },
    { label: "shortest", value: (r) => r.low, numeric: true, cell: (r) => seconds(r.low) },
    { label: "longest", value: (r) => r.high, numeric: true, descending: true, cell: (r) => seconds(r.high) },
  ];
  byId("steps").append(sortableTable({ caption: "Time by step", columns, rows, limit: 60 }).element);
}
languages();
steps();
