"use strict";
const form = document.querySelector(".filters");
const rows = [...document.querySelectorAll(".ledger tbody tr")];
const [paper, verdict, role, text, count] = ["paper", "verdict", "role", "text", "count"]
  .map(name => document.getElementById(`filter-${name}`));

function applyFilters() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    const fits = (!paper.value || row.dataset.paper === paper.value)
      && (!verdict.value || row.dataset.verdict === verdict.value)
      && (!role.value || row.dataset.role === role.value)
      && words.every(word => content.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${rows.length}`;
}

form.hidden = false;
form.addEventListener("input", applyFilters);
form.addEventListener("submit", event => event.preventDefault());
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(item => { item.open = true; }));
applyFilters();
