// What the page remembers between visits. Browsers may forbid storage; the page then forgets.
// Invariant: never throws.

const kPrefix = "stentor.";

/** @param {string} key @param {any} fallback @returns {any} */
export function recall(key, fallback) {
    try {
        const text = localStorage.getItem(kPrefix + key);
        return text === null ? fallback : JSON.parse(text);
    } catch {
        return fallback;
    }
}

/** @param {string} key @param {any} value undefined: forget it */
export function remember(key, value) {
    try {
        if (value === undefined) localStorage.removeItem(kPrefix + key);
        else localStorage.setItem(kPrefix + key, JSON.stringify(value));
    } catch {
        // Storage is full or forbidden: the page works without it.
    }
}
