// What pages do beyond plain HTML: copy buttons, sortable tables, numbers that open their explanation, timeline tips.
"use strict";

// --- Copy ---------------------------------------------------------------------------------------------------------

const offerCopies = () => {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
});

// --- Sortable tables ----------------------------------------------------------------------------------------------

const valueOf = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.value);
};

const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));

const sortBy = (table, heading) => {
  const column = heading.cellIndex;
  const body = table.tBodies[0];
  const before = heading.getAttribute("aria-sort");
  const isText = body.rows[0]?.cells[column].dataset.value === undefined;
  const upwards = before === "descending" || (before === null && isText);
  const rows = [...body.rows].sort((a, b) => (upwards ? 1 : -1) * compare(valueOf(a, column), valueOf(b, column)));
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", upwards ? "ascending" : "descending");
  body.append(...rows);
};

const makeSortable = () => {
  for (const heading of document.querySelectorAll("table[data-sortable] thead th:not(:has(> button))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(heading.closest("table"), heading));
  }
};

// --- Every number of a table opens the explanation of the table ------------------------------------------------------

const cellWords = (cell) => {
  const table = cell.closest("table");
  const row = cell.parentElement.querySelector("th[scope=row]");
  const heading = table.tHead.rows[0].cells[cell.cellIndex];
  return `${row.textContent.trim()}: ${heading.textContent.trim().toLowerCase()} ${cell.textContent.trim()}`;
};

document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-counted] tbody td.number");
  if (!cell || event.target.closest("a, button")) return;
  const sheet = document.getElementById(`counted-${cell.closest("[data-counted]").dataset.counted}`);
  if (!sheet) return;
  const words = sheet.querySelector("[data-cell]");
  words.textContent = cellWords(cell);
  words.hidden = false;
  sheet.showPopover();
});

const forget = (event) => {
  if (event.target.matches?.(".sheet") && event.newState === "closed") event.target.querySelector("[data-cell]").hidden = true;
};
document.addEventListener("toggle", forget, true);

// --- Parts of a page that were fetched anew get the same ------------------------------------------------------------

const prepare = () => {
  offerCopies();
  makeSortable();
};
prepare();
addEventListener("noline:fresh", prepare);

// --- Timeline -----------------------------------------------------------------------------------------------------

const lanes = document.querySelector(".lanes");

if (lanes) {
  const tip = lanes.querySelector(".lane-tip");
  const show = (mark) => {
    const area = lanes.getBoundingClientRect();
    const spot = mark.querySelector(".spot").getBoundingClientRect();
    tip.textContent = mark.dataset.text;
    tip.hidden = false;
    const left = spot.left - area.left + spot.width / 2 - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(left, area.width - tip.offsetWidth))}px`;
    tip.style.top = `${spot.top - area.top - tip.offsetHeight - 8}px`;
  };
  const hide = () => (tip.hidden = true);
  for (const mark of lanes.querySelectorAll(".mark")) {
    mark.addEventListener("pointerenter", () => show(mark));
    mark.addEventListener("focus", () => show(mark));
    mark.addEventListener("pointerleave", hide);
    mark.addEventListener("blur", hide);
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
