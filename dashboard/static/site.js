// Search over places and funds, and filters of long tables. Pages work without it.
(() => {
  "use strict";
  const fold = (text) => text.normalize("NFC").toLowerCase().replace(/[\s.\-()]+/g, "");

  for (const input of document.querySelectorAll("input[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    input.parentElement.hidden = false;
    input.addEventListener("input", () => {
      const wanted = fold(input.value);
      for (const body of table.tBodies)
        for (const row of body.rows) row.hidden = wanted !== "" && !fold(row.textContent).includes(wanted);
    });
  }

  const form = document.getElementById("search");
  if (!form) return;
  const { lang, base, root, none, more } = form.dataset;
  const box = form.elements.q, area = form.elements.in;
  const list = document.getElementById("results"), status = document.getElementById("found");
  const LIMIT = 40, LEVELS = ["province", "amphoe", "tambon"], PREFIX = /^(จังหวัด|อำเภอ|เขต|ตำบล|แขวง|จ\.|อ\.|ต\.)/;
  const indexes = {}, asked = {}, names = {};
  let places = [];

  // Indexes are scripts that call this: a page on a file share may load a script, but no JSON.
  window.tambonIndex = (name, content) => {
    indexes[name] = content;
    if (name === "places") {
      for (const level of LEVELS) for (const row of content[level]) names[row[0]] = row;
      places = LEVELS.flatMap((level) => content[level].map((row) => ({ level, row, keys: [fold(row[1] || ""), fold(row[2] || ""), row[0]] })));
    } else indexes[name] = content.map((row) => ({ level: "fund", row, keys: [fold(row[1])] }));
    show();
  };
  const load = (name) => {
    if (asked[name]) return;
    asked[name] = true;
    const script = document.createElement("script");
    script.src = `${root}search/${name}.js`;
    script.addEventListener("error", () => { asked[name] = false; });
    document.head.append(script);
  };
  const named = (code) => (names[code] ? names[code][lang === "th" ? 1 : 2] || names[code][1] : "");
  const above = (code) => [code.slice(0, 4), code.slice(0, 2)].filter((one) => one.length < code.length).map(named);
  const found = (wanted, entries) => {
    const hits = [];
    for (const entry of entries) {
      let best = 9;
      for (const key of entry.keys)
        if (key === wanted) best = 0;
        else if (key.startsWith(wanted)) best = Math.min(best, 1);
        else if (key.includes(wanted)) best = Math.min(best, 2);
      if (best < 9) hits.push([best, entry]);
    }
    return hits.sort((a, b) => a[0] - b[0]).map((hit) => hit[1]);
  };
  const show = () => {
    const wanted = fold(box.value.trim().replace(PREFIX, ""));
    list.replaceChildren();
    status.textContent = "";
    if (wanted.length < 2 || !indexes.places) return;
    const funds = area.value ? indexes[`funds-${area.value}`] || [] : [];
    const hits = [...found(wanted, places), ...found(wanted, funds)];
    for (const { level, row } of hits.slice(0, LIMIT)) {
      const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
      const code = row[0];
      link.href = `${base}${level === "fund" ? "tambon" : level}/${code}.html`;
      link.append(level === "fund" ? row[1] : named(code));
      where.textContent = [form.dataset[level], ...(level === "fund" ? [named(code)] : []), ...above(code)].filter(Boolean).join(" · ");
      link.append(where);
      item.append(link);
      list.append(item);
    }
    status.textContent = hits.length === 0 ? none : hits.length > LIMIT ? `${LIMIT}/${hits.length} ${more}` : String(hits.length);
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  box.addEventListener("input", show);
  area.addEventListener("change", () => { if (area.value) load(`funds-${area.value}`); show(); });
  load("places");
})();
