// Typed event listeners, for browsers and Node alike.
// Invariant: a listener that is removed while an event is under way still sees that event; one that
// throws disturbs neither the others nor the client: the error is reported as uncaught.

/** @template {Record<string, any>} Events */
export class Emitter {
    /** @type {Map<keyof Events, Set<(value: any) => void>>} */
    #listeners = new Map();

    /**
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {(value: Events[Name]) => void} listener
     * @returns {() => void} takes the listener away again
     */
    on(name, listener) {
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners.add(listener));
        return () => listeners.delete(listener);
    }

    /**
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {Events[Name]} value
     */
    emit(name, value) {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            try {
                listener(value);
            } catch (error) {
                queueMicrotask(() => {
                    throw error;
                });
            }
        }
    }
}
