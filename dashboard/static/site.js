// Filters of long tables. Pages work without it.
(() => {
  "use strict";
  // As in search.js: one spelling for what keyboards and files write in two: ํา and ำ, เเ and แ, digits of both scripts, invisible marks.
  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/เเ/g, "แ")
    .replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0xe50).replace(/[\s.,\-()'"’\u200b-\u200f\u2060\ufeff]+/g, "");

  for (const input of document.querySelectorAll("input[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    input.parentElement.hidden = false;
    input.addEventListener("input", () => {
      const wanted = fold(input.value);
      for (const body of table.tBodies)
        for (const row of body.rows) row.hidden = wanted !== "" && !fold(row.textContent).includes(wanted);
    });
  }
})();
