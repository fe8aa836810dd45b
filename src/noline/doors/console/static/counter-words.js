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

// Times are told as the clock on the wall of the store says them, wherever the device thinks it is; without a store as
// the device says.
let ahead = null;

export const standAt = (minutes) => {
  ahead = Number.isFinite(minutes) ? minutes : null;
};

const there = (value) => (ahead === null ? new Date(value) : new Date(new Date(value).getTime() + ahead * 60_000));
const zone = () => (ahead === null ? undefined : "UTC");
const part = (options) => (instant) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone() }).format(instant);

const hours = part({ hour: "2-digit", minute: "2-digit" });
const ofThisYear = part({ day: "numeric", month: "short" });
const ofAnotherYear = part({ day: "numeric", month: "short", year: "numeric" });
const weekday = part({ weekday: "short", day: "numeric", month: "short" });
const dayNumber = (date) => (ahead === null ? date.toDateString() : date.toISOString().slice(0, 10));
const yearOf = (date) => (ahead === null ? date.getFullYear() : date.getUTCFullYear());

export const clock = (value) => hours(there(value));

// A date, with its year where that is another one. A date alone has no zone.
export const day = (value) => {
  const date = value.length === 10 ? new Date(`${value}T12:00:00${ahead === null ? "" : "Z"}`) : there(value);
  return (yearOf(date) === yearOf(there(Date.now())) ? ofThisYear : ofAnotherYear)(date);
};

// A time of a date, as an instant.
export const instantOf = (date, time) => new Date(ahead === null ? `${date}T${time}` : Date.parse(`${date}T${time}Z`) - ahead * 60_000).toISOString();

// The last minute of a date, as an instant.
export const endOf = (date) => instantOf(date, "23:59");

// The date of today, as a field of a form takes it.
export const dateOfToday = () => {
  const now = there(Date.now());
  return new Date(now.getTime() - (ahead === null ? now.getTimezoneOffset() * 60_000 : 0)).toISOString().slice(0, 10);
};

// When something is or was: its time alone today, its date else.
export const when = (value) => {
  if (value.length === 10) return day(value);
  const date = there(value);
  return dayNumber(date) === dayNumber(there(Date.now())) ? clock(value) : `${weekday(date)}, ${clock(value)}`;
};

// What a clock elsewhere shows: 2026-12-02T10:00 as Wed 2 Dec, 10:00.
export const whenThere = (local) => {
  const [date, time] = local.split("T");
  const told = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat("en-GB", told).format(new Date(`${date}T12:00:00Z`))}, ${time}`;
};

// How long ago, in the largest unit that says it: 12 min.
export const ago = (milliseconds) => {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  return minutes < 60 ? `${minutes}${SPACE}min` : `${Math.floor(minutes / 60)}${SPACE}h ${minutes % 60}${SPACE}min`;
};

export const month = (value) => part({ month: "short" })(new Date(`${value}-15T12:00:00Z`));

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

// What may be taken down of a customer.
export const CASES = { complaint: "A complaint", unanswered: "A question", callback: "Wants to be called" };
