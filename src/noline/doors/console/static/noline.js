// What pages do beyond plain HTML: copy buttons, sortable tables, numbers that open their explanation, the timeline, and
// a word while something takes long.

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
  for (const heading of document.querySelectorAll("table[data-sortable] thead th:not(:has(> button, > .hidden:only-child))")) {
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

// --- What an address names is unfolded ------------------------------------------------------------------------------

const unfold = () => {
  const named = document.querySelector(":target");
  const fold = named?.closest("details:not([open])");
  if (!fold) return;
  fold.open = true;
  named.scrollIntoView();
};
unfold();
addEventListener("hashchange", unfold);

// --- Waiting: what takes longer than a moment says so, and what was sent is not sent twice ---------------------------

const A_MOMENT_MS = 400;
const GIVEN_UP_MS = 30_000;
const waiting = document.getElementById("waiting");
let timers = [];
let sent = null;

const rest = () => {
  timers.forEach(clearTimeout);
  waiting.textContent = "";
  sent = null;
};

const wait = () => {
  rest();
  timers = [setTimeout(() => (waiting.textContent = "One moment …"), A_MOMENT_MS), setTimeout(rest, GIVEN_UP_MS)];
};

const leavesThePage = (link) =>
  link.origin === location.origin && link.pathname + link.search !== location.pathname + location.search &&
  !link.target && !link.hasAttribute("download") && !link.closest(".data-links");

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (leavesThePage(link)) wait();
});

addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent === event.target) return event.preventDefault();
  wait();
  sent = event.target;
});

addEventListener("noline:asked", wait);
document.addEventListener("htmx:before:request", wait);
for (const told of ["htmx:after:process", "htmx:finally:request", "htmx:error"]) document.addEventListener(told, rest);
for (const told of ["noline:fresh", "pageshow"]) addEventListener(told, rest);

// --- Timeline -----------------------------------------------------------------------------------------------------

// Hundreds of marks are one stop of the Tab key: left and right go to the next event in time, up and down to the next
// channel, Home and End to the first and the last.
const oneStop = (marks) => {
  const place = (mark) => Number.parseFloat(mark.querySelector(".spot").getAttribute("cx"));
  const lane = (mark) => Number(mark.querySelector(".spot").getAttribute("cy"));
  const inTime = [...marks].sort((a, b) => place(a) - place(b) || lane(a) - lane(b));
  const nearest = (here, others) => others.sort((a, b) => Math.abs(lane(a) - lane(here)) - Math.abs(lane(b) - lane(here)) || Math.abs(place(a) - place(here)) - Math.abs(place(b) - place(here)))[0];
  const ways = {
    ArrowRight: (here) => inTime[inTime.indexOf(here) + 1],
    ArrowLeft: (here) => inTime[inTime.indexOf(here) - 1],
    ArrowDown: (here) => nearest(here, marks.filter((one) => lane(one) > lane(here))),
    ArrowUp: (here) => nearest(here, marks.filter((one) => lane(one) < lane(here))),
    Home: () => inTime[0],
    End: () => inTime.at(-1),
  };
  const stopAt = (mark) => marks.forEach((one) => one.setAttribute("tabindex", one === mark ? "0" : "-1"));
  stopAt(inTime.at(-1));
  const plot = marks[0].closest("svg");
  plot.setAttribute("aria-description", "Arrow keys go from event to event.");
  plot.addEventListener("focusin", (event) => stopAt(event.target));
  plot.addEventListener("keydown", (event) => {
    const next = ways[event.key]?.(event.target);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
};

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
  oneStop([...lanes.querySelectorAll(".mark")]);
}
