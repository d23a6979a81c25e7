// A clock that a test turns by hand, and dice that always fall the same.
// Invariant: timers run in the order of their times, each once.

export class FakeClock {
    #now = 0;
    #nextTimer = 1;
    #nextId = 1;
    #timers = new Map();
    dice = 0.5;

    now = () => this.#now;
    random = () => this.dice;
    uuid = () => `id-${this.#nextId++}`;

    setTimeout = (run, delayMs) => {
        const timer = this.#nextTimer++;
        this.#timers.set(timer, { run, at: this.#now + delayMs });
        return timer;
    };

    clearTimeout = (timer) => void this.#timers.delete(timer);

    /** @returns {number} */
    get timers() {
        return this.#timers.size;
    }

    /** @param {number} ms */
    advance(ms) {
        const end = this.#now + ms;
        for (;;) {
            const due = [...this.#timers]
                .filter(([, { at }]) => at <= end)
                .sort((a, b) => a[1].at - b[1].at)[0];
            if (due === undefined) break;
            this.#timers.delete(due[0]);
            this.#now = due[1].at;
            due[1].run();
        }
        this.#now = end;
    }
}
