// Times as a reader of the page's language writes them. Pure.
// Invariant: `now` is given, so a test can choose it.

const kDayMs = 24 * 3600_000;
const clockTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
});
const wholeDay = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

/** @param {number} at @returns {string} */
export function timeOfDay(at) {
    return clockTime.format(at);
}

/** @param {number} at @returns {string} */
export function exactTime(at) {
    return fullTime.format(at);
}

/** @param {number} at @param {number} now @returns {string} */
export function dayName(at, now) {
    const days = Math.round((startOfDay(now) - startOfDay(at)) / kDayMs);
    if (days === 0) return "Today";
    if (days === 1) return "Yesterday";
    return days > 0 && days < 300 ? weekday.format(at) : wholeDay.format(at);
}

/** @param {number} at @returns {number} */
function startOfDay(at) {
    const date = new Date(at);
    return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
