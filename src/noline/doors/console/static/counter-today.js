// Today at a store, drawn from its JSON: who is expected, what is ready, what is open, what was promised.

import { LOOPS, day, h, plural, title, when } from "./counter-words.js";

const cardPath = (person, presence = "") => `/counter/customers/${encodeURIComponent(person)}${presence ? `?presence=${presence}` : ""}`;

const nameOf = (one) => one.name ?? (one.person ? `Customer ${one.person.replace("p_", "").slice(0, 8)}` : "Nobody knows who");

// One row: all of it leads to the card of whom it is about.
const row = (one, { first, text, presence, alarm }) =>
  h(
    "li", { class: `visit${alarm ? " is-alarm" : ""}` },
    h("span", { class: "visit-first" }, first),
    h("span", {},
      one.person ? h("a", { class: "whole", href: cardPath(one.person, presence) }, nameOf(one)) : h("strong", {}, nameOf(one)),
      h("span", { class: "line-soft" }, text)),
  );

const goods = (lines) => (lines ?? []).map((line) => `${line.units} × ${line.name}`).join(", ");

const PARTS = [
  ["appointments", "Expected", (one) => ({ first: when(one.at), text: [one.topic, one.state !== "booked" && one.state].filter(Boolean).join(", "), presence: "appointment" })],
  ["pickups", "Ready to collect", (one) => ({ first: one.since ? when(one.since) : "", text: [one.order && `Order ${one.order}`, goods(one.lines)].filter(Boolean).join(": "), presence: "pickup" })],
  ["loops", "Open matters", (one) => ({ first: one.since ? day(one.since) : "", text: [LOOPS[one.kind] ?? title(one.kind ?? "open"), one.text].filter(Boolean).join(": "), alarm: true })],
  ["follow_ups", "Follow-ups", (one) => ({ first: one.due ? when(one.due) : "", text: [one.text.replace(/\.$/, ""), one.by].filter(Boolean).join(", ") })],
];

const MOST_AT_ONCE = 6;

// The oldest few of a long list; the rest is a tap away.
const visits = (name, told) => {
  const rows = told.map(([one, words]) => row(one, words));
  const rest = rows.splice(MOST_AT_ONCE);
  return [
    h("ul", { class: "visits" }, rows),
    rest.length > 0 && h("details", { data: { kept: name } }, h("summary", { class: "button" }, `${rest.length} more`), h("ul", { class: "visits" }, rest)),
  ];
};

// The rows of today as an element; says so when there is nothing.
export const drawToday = (today) => {
  const parts = PARTS.filter(([name]) => today[name]?.length);
  if (!parts.length) return h("p", { class: "soft quiet-day" }, "Nobody is expected, nothing is ready, nothing is open.");
  return h("div", { class: "day" }, parts.map(([name, heading, told]) =>
    h("section", { class: `card day-${name}`, "aria-labelledby": `day-${name}` },
      h("h2", { id: `day-${name}` }, heading, " ", h("span", { class: "soft" }, `${today[name].length}`)),
      visits(name, today[name].map((one) => [one, told(one)])))));
};

const words = (text) => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

// The cards of the book whose customer has this name or order.
export const findIn = (cards, text) => {
  const wanted = words(text.trim());
  if (!wanted) return [];
  const orders = (card) => [...(card.purchases?.last ?? []), ...(card.pickups ?? [])].map((one) => words(one.order ?? ""));
  return cards.filter(({ card }) => words(card.who?.name ?? "").includes(wanted) || orders(card).includes(wanted));
};

export const drawFound = (cards, text) =>
  h("section", { "aria-labelledby": "found-heading" },
    h("h2", { id: "found-heading" }, cards.length ? `${plural(cards.length, "customer", "customers")} of today’s book` : `Nobody in today’s book is found by “${text}”.`),
    h("ul", { class: "found" }, cards.map(({ card }) => h("li", { class: "card person" }, h("h3", {}, h("a", { class: "whole", href: cardPath(card.customer) }, card.who?.name ?? "No name is known")), h("p", { class: "soft" }, card.who?.city ?? "")))));
