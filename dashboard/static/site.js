// Search over places and funds, and filters of long tables. Pages work without it.
(() => {
  "use strict";
  const fold = (text) => text.normalize("NFC").toLowerCase().replace(/[\s.\-]+/g, "");

  for (const input of document.querySelectorAll("input[data-filter]")) {
    const body = document.getElementById(input.dataset.filter).tBodies;
    input.parentElement.hidden = false;
    input.addEventListener("input", () => {
      const wanted = fold(input.value);
      for (const part of body)
        for (const row of part.rows) row.hidden = wanted !== "" && !fold(row.textContent).includes(wanted);
    });
  }
})();
