// Which login to try, and which next when one is refused (docs/protocol.md, "Names"). Pure.
// Invariant: a refusal of a name that the user has just typed is the user's to answer (`ask`); an
// automatic login always ends in some name.

/** @typedef {{name?: string, session?: string, token?: string}} Credentials */
/** @typedef {"again" | "later" | "ask" | "stop"} NextStep */

const kNumbersTried = 4;
const kNameCodePointsMax = 32;

export class Identity {
    /** @type {string | undefined} */
    #name;
    /** @type {string | undefined} */
    #session;
    /** @type {string | undefined} */
    #token;
    /** @type {string | undefined} the name that is asked for beside a session */
    #wanted;
    #typed = false;
    #number = 1;

    /** @param {Credentials & {typed?: boolean}} [known] typed: the user chose the name just now */
    constructor(known = {}) {
        this.#name = known.name;
        this.#session = known.session;
        this.#token = known.token;
        this.#typed = known.typed === true;
    }

    /** @returns {Credentials} */
    get credentials() {
        /** @type {Credentials} */
        const credentials = {};
        if (this.#token !== undefined) credentials.token = this.#token;
        if (this.#session !== undefined) credentials.session = this.#session;
        const name = this.#wanted ?? (this.#session === undefined ? this.#name : undefined);
        if (name !== undefined) credentials.name = name;
        return credentials;
    }

    /** @returns {string | undefined} the name that the user goes by, or would like to */
    get name() {
        return this.#name;
    }

    /** Ask for another name at the next login. @param {string} name */
    rename(name) {
        this.#wanted = name;
        this.#typed = true;
    }

    /** @param {{name: string, session?: string}} loggedIn */
    accepted(loggedIn) {
        this.#name = loggedIn.name;
        this.#session = loggedIn.session;
        this.#wanted = undefined;
        this.#typed = false;
        this.#number = 1;
    }

    /** @param {string} code @returns {NextStep} */
    refused(code) {
        if (code === "unavailable" || code === "rate_limited") return "later";
        const aboutName = code === "name_taken" || code === "bad_name";
        if (aboutName && this.#typed) {
            this.#typed = false;
            this.#wanted = undefined;
            return "ask";
        }
        if (this.#session !== undefined && !aboutName) {
            this.#session = undefined;
            return "again";
        }
        if (!aboutName) return "stop";
        return this.#tryOther(code);
    }

    /** @param {string} code @returns {NextStep} */
    #tryOther(code) {
        if (this.#name !== undefined && code === "name_taken" && this.#number <= kNumbersTried) {
            this.#number += 1;
            this.#wanted = numbered(this.#name, this.#number);
            return "again";
        }
        const anonymous = this.#name === undefined && this.#session === undefined;
        if (anonymous && this.#wanted === undefined) return "stop";
        this.#wanted = undefined;
        this.#name = undefined;
        this.#session = undefined;
        return "again";
    }
}

/** @param {string} name @param {number} number @returns {string} within the bound for names */
function numbered(name, number) {
    const digits = String(number);
    return (
        Array.from(name)
            .slice(0, kNameCodePointsMax - digits.length)
            .join("") + digits
    );
}
