// How the counter writes elements, amounts, times and provenances. Nothing here asks anybody anything.

// --- Elements -----------------------------------------------------------------------------------------------------

// One element: properties that begin with "on" are listeners, `data` are data-* attributes, nothing is left out as null.
export const h = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
};

const SVG = "http://www.w3.org/2000/svg";

export const svg = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

export const title = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

// --- Amounts and times ---------------------------------------------------------------------------------------------

const SPACE = "\u00a0";

export const plural = (number, one, many) => `${number.toLocaleString("en")}${SPACE}${number === 1 ? one : many}`;

// An amount to the last minor unit: 24.50 EUR.
export const money = (minor, currency) => {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const major = (minor / 10 ** digits).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${major}${SPACE}${currency}`;
};

const part = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", options);
  return (instant) => format.format(new Date(instant));
};

export const clock = part({ hour: "2-digit", minute: "2-digit" });
const ofThisYear = part({ day: "numeric", month: "short" });
const ofAnotherYear = part({ day: "numeric", month: "short", year: "numeric" });
const weekday = part({ weekday: "short", day: "numeric", month: "short" });

// A date, with its year where that is another one. A date alone has no zone; an instant is told in that of the device.
export const day = (value) => {
  const instant = new Date(value.length === 10 ? `${value}T12:00:00` : value);
  return (instant.getFullYear() === new Date().getFullYear() ? ofThisYear : ofAnotherYear)(instant);
};

// When something is or was: its time alone today, its date else.
export const when = (value) => {
  if (value.length === 10) return day(value);
  return new Date(value).toDateString() === new Date().toDateString() ? clock(value) : `${weekday(value)}, ${clock(value)}`;
};

// How long ago, in the largest unit that says it: 12 min.
export const ago = (milliseconds) => {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  return minutes < 60 ? `${minutes}${SPACE}min` : `${Math.floor(minutes / 60)}${SPACE}h ${minutes % 60}${SPACE}min`;
};

export const month = (value) => part({ month: "short" })(`${value}-15T12:00:00`);

// --- Words ---------------------------------------------------------------------------------------------------------

const CHANNELS = { call: "call centre", b2b: "business sales", pos: "till", partner: "partner shop" };
export const channel = (name) => CHANNELS[name] ?? name.replaceAll("_", " ");

const PROVENANCES = {
  told: "told by the customer",
  transaction: "from purchases",
  service: "from a service case",
  inferred: "worked out",
  observed: "observed",
};
export const provenance = (name) => PROVENANCES[name] ?? name.replaceAll("_", " ");

export const PURPOSES = {
  service: "Service",
  personalisation: "Personal advice",
  marketing: "Marketing",
  profiling: "Profiling",
  analytics: "Statistics",
  advertising: "Advertising",
};

export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", ja: "日本語" };

export const LOOPS = {
  complaint: "Open complaint",
  callback: "Waits for a call",
  late_order: "Late order",
  pending_return: "Return under way",
  unanswered: "Waits for an answer",
};
