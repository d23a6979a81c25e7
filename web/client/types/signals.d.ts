/** @typedef {import("./room.js").Wire} Wire */
/** @typedef {import("./types.js").ReadPosition} ReadPosition */
/** @typedef {import("./types.js").Typing} Typing */
/**
 * @typedef {object} SignalEvents
 * @property {(typing: Typing) => void} typing
 * @property {(positions: ReadPosition[]) => void} read
 */
export class Signals {
    /** @param {string} room @param {Wire} wire @param {SignalEvents} on news of the others */
    constructor(room: string, wire: Wire, on: SignalEvents);
    get typists(): import("./types.js").Member[];
    get positions(): ReadPositions;
    /** The room is joined. */
    opened(): void;
    /** The connection is gone. */
    interrupted(): void;
    /** This user is, or no longer. @param {boolean} on */
    typing(on: boolean): void;
    /** This user has read up to `seq`. @param {number} seq */
    read(seq: number): void;
    /** @param {Typing} typing of another */
    heardTyping({ user, from, on }: Typing): void;
    /** @param {ReadPosition[]} positions */
    heardRead(positions: ReadPosition[]): void;
    #private;
}
export type Wire = import("./room.js").Wire;
export type ReadPosition = import("./types.js").ReadPosition;
export type Typing = import("./types.js").Typing;
export type SignalEvents = {
    typing: (typing: Typing) => void;
    read: (positions: ReadPosition[]) => void;
};
import { ReadPositions } from "./read_positions.js";
