// Who is typing (docs/protocol.md, table of "Frames"): when to tell the others that this user is,
// and who of the others is. Pure: the caller has the clock. All of it is best effort, so an "on"
// that is not renewed ends by itself on both sides.
// Invariant: at most one "on" in kRenewMs; no "off" without an "on" before it.

/** @typedef {import("./types.js").Typing} Typing */

const kRenewMs = 3000;
const kIdleMs = 5000; // no key for so long: no longer typing
const kForgetMs = 7000; // an "on" that was not renewed; more than kRenewMs and a slow network

export class OwnTyping {
    #on = false;
    #typedAt = 0;
    #toldAt = 0;

    /** @param {boolean} on @param {number} now @returns {boolean | null} what to tell */
    typed(on, now) {
        if (!on) {
            const told = this.#on;
            this.#on = false;
            return told ? false : null;
        }
        this.#typedAt = now;
        if (this.#on && now - this.#toldAt < kRenewMs) return null;
        this.#on = true;
        this.#toldAt = now;
        return true;
    }

    /** @param {number} now @returns {number | null} ms until idle; null: is not typing */
    idleIn(now) {
        return this.#on ? Math.max(0, this.#typedAt + kIdleMs - now) : null;
    }
}

export class Typists {
    /** @type {Map<string, {name: string, until: number}>} by user */
    #typing = new Map();

    /** @returns {import("./types.js").Member[]} who began first comes first */
    get list() {
        return Array.from(this.#typing, ([user, { name }]) => ({ user, name }));
    }

    /** @param {Typing} typing @param {number} now @returns {boolean} it is news */
    told({ user, from, on }, now) {
        const known = this.#typing.has(user);
        if (on) this.#typing.set(user, { name: from, until: now + kForgetMs });
        else this.#typing.delete(user);
        return known !== on;
    }

    /** @param {number} now @returns {Typing[]} who has stopped */
    expire(now) {
        return [...this.#typing]
            .filter(([, { until }]) => until <= now)
            .map(([user]) => this.#stop(user));
    }

    /** @param {number} now @returns {number | null} ms until the next one has stopped */
    expiresIn(now) {
        if (this.#typing.size === 0) return null;
        const first = Math.min(...Array.from(this.#typing.values(), ({ until }) => until));
        return Math.max(0, first - now);
    }

    /** The connection is gone, and with it all news. @returns {Typing[]} who has stopped */
    clear() {
        return [...this.#typing.keys()].map((user) => this.#stop(user));
    }

    /** @param {string} user @returns {Typing} */
    #stop(user) {
        const from = this.#typing.get(user)?.name ?? "";
        this.#typing.delete(user);
        return { user, from, on: false };
    }
}
