// Search over places and funds; without it the page is a list of provinces.
(() => {
  "use strict";
  // One spelling for what keyboards and files write in two: ํา and ำ, เเ and แ, digits of both scripts, invisible marks.
  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/เเ/g, "แ")
    .replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0xe50).replace(/[\s.,\-()'"’\u200b-\u200f\u2060\ufeff]+/g, "");

  const form = document.getElementById("search");
  if (!form) return;
  const { lang, base, root, none, more, pick } = form.dataset;
  const box = form.elements.q, area = form.elements.in;
  const provinces = [...area.options].map((one) => one.value).filter((one) => one && one !== "*");
  const list = document.getElementById("results"), status = document.getElementById("found");
  const LIMIT = 40, LEVELS = ["province", "amphoe", "tambon"], EVERYWHERE = "*";
  const PREFIX = /^(จังหวัด|อำเภอ|เขต|ตำบล|แขวง|[จอต]\.|(changwat|province|amphoe|district|khet|tambon|khwaeng|subdistrict)(?=\s|$))\s*/i;
  const CALLED = [[/^กทม\.?$/, "กรุงเทพ"], [/^โคราช$/, "นครราชสีมา"], [/^แปดริ้ว$/, "ฉะเชิงเทรา"], [/อยุทธยา/, "อยุธยา"], [/^bkk$/i, "bangkok"], [/^k[oh]+rat$/i, "nakhon ratchasima"]];
  const ALIKE = { "ศ": "ส", "ษ": "ส", "ณ": "น", "ฎ": "ด", "ฏ": "ต", "ฐ": "ถ", "ฌ": "ช", "ญ": "ย", "ฬ": "ล", "ธ": "ท", "ฑ": "ท", "ภ": "พ", "ฆ": "ค", "ใ": "ไ", "ู": "ุ", "ี": "ิ", "ื": "ึ" };
  // A second, looser spelling: letters that sound alike, no tone marks, the ways in which Thai is written in Latin letters.
  const loosen = (folded) => folded.replace(/[ก-ฮ][ิุ]?์/g, "").replace(/[็-๋]/g, "").replace(/[ศษณฎฏฐฌญฬธฑภฆใูีื]/g, (letter) => ALIKE[letter])
    .replace(/([ptkdb])h/g, "$1").replace(/t?ch|j/g, "c").replace(/sr/g, "s").replace(/ue|eu|oo|ou/g, "u").replace(/ee/g, "i").replace(/ie/g, "ia")
    .replace(/or(?=n)|oe|aw/g, "o").replace(/ae/g, "e").replace(/v/g, "w").replace(/l(?=[^aeiouwy])/g, "n").replace(/d/g, "t").replace(/b/g, "p").replace(/([a-z])\1+/g, "$1");
  const indexes = {}, asked = {}, names = {}, entries = {};

  // Indexes are scripts that call this: a page on a file share may load a script, but no JSON.
  window.tambonIndex = (name, content) => {
    indexes[name] = content;
    if (name === "places") {
      for (const level of LEVELS) for (const row of content[level]) names[row[0]] = row;
      entries.places = LEVELS.flatMap((level) => content[level].map((row) => entry(level, row, [row[1] || "", row[2] || "", row[0]])));
    }
    if (indexes.places)
      for (const each of Object.keys(indexes))
        if (!entries[each]) entries[each] = indexes[each].map((row) => entry("fund", row, [row[1]]));
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
  const over = (code) => [code.slice(0, 4), code.slice(0, 2)].filter((one) => one.length < code.length);
  const ups = {};
  const aroundKeys = (code) => (ups[code] ??= [code, ...over(code)].flatMap((one) => (names[one] || []).slice(1)).map((one) => fold(one || "")).join("\n"));
  const entry = (level, row, texts) => {
    const keys = texts.map(fold), loose = keys.map(loosen);
    return { level, row, keys, loose, around: () => aroundKeys(row[0]) };
  };
  const named = (code) => (names[code] ? names[code][lang === "th" ? 1 : 2] || names[code][1] : "");
  const above = (code) => over(code).map(named);
  const rank = (wanted, keys) => {
    let best = 9;
    for (const key of keys)
      if (key === wanted) best = 0;
      else if (key.startsWith(wanted)) best = Math.min(best, 1);
      else if (key.includes(wanted)) best = Math.min(best, 2);
    return best;
  };
  // One letter too many, too few or another.
  const nearly = (a, b) => {
    if (Math.abs(a.length - b.length) > 1) return false;
    let start = 0, end = 0;
    while (start < a.length && a[start] === b[start]) start++;
    while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    return Math.max(a.length, b.length) - start - end <= 1;
  };
  const found = (text, all) => {
    const words = text.split(/\s+/).map((one) => fold(one.replace(PREFIX, ""))).filter(Boolean);
    const wanted = words.join(""), loose = loosen(wanted), looseWords = words.map(loosen);
    const hits = [];
    for (const one of all) {
      let best = rank(wanted, one.keys);
      // Several words: each in the name or in those of the areas around it, one at least in its own.
      if (best === 9 && words.length > 1 && words.some((word) => rank(word, one.keys) < 9)) {
        const whole = `${one.keys.join("\n")}\n${one.around()}`;
        if (words.every((word) => whole.includes(word))) best = words.some((word) => one.keys.includes(word)) ? 3 : 4;
      }
      if (best === 9 && loose.length > 1) best = 5 + Math.min(rank(loose, one.loose), 4);
      if (best === 9 && words.length > 1 && looseWords.some((word) => word && rank(word, one.loose) < 9)) {
        const whole = loosen(`${one.keys.join("\n")}\n${one.around()}`);
        if (looseWords.every((word) => whole.includes(word))) best = 8;
      }
      if (best < 9) hits.push([best, one]);
    }
    if (!hits.length && loose.length > 3)
      for (const one of all) if (one.loose.some((key) => nearly(loose, key))) hits.push([9, one]);
    return hits.sort((a, b) => a[0] - b[0]);
  };
  const show = () => {
    let text = box.value.trim().replace(PREFIX, "");
    for (const [called, name] of CALLED) text = text.replace(called, name);
    list.replaceChildren();
    status.textContent = "";
    if (fold(text).length < 2 || !entries.places) return;
    const areas = area.value === EVERYWHERE ? provinces : [area.value];
    const funds = areas.flatMap((one) => entries[`funds-${one}`] || []);
    const hits = [...found(text, entries.places), ...found(text, funds)].sort((a, b) => a[0] - b[0]).map((hit) => hit[1]);
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
    status.textContent = hits.length === 0 ? (area.value ? none : `${none} ${pick}`) : hits.length > LIMIT ? `${LIMIT}/${hits.length} ${more}` : String(hits.length);
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  box.addEventListener("input", show);
  area.addEventListener("change", () => {
    for (const one of area.value === EVERYWHERE ? provinces : [area.value]) if (one) load(`funds-${one}`);
    show();
  });
  box.value = new URLSearchParams(location.search).get("q") || box.value;
  load("places");
})();
