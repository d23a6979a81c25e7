/** @template {Record<string, any>} Events */
export class Emitter<Events extends Record<string, any>> {
    /**
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {(value: Events[Name]) => void} listener
     * @returns {() => void} takes the listener away again
     */
    on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
    /**
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {Events[Name]} value
     */
    emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
    #private;
}
