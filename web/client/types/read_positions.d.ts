export class ReadPositions {
    /** @type {Map<string, number>} by user, as the server told */
    others: Map<string, number>;
    /** @returns {number} how far this user has read, on whichever connection */
    get own(): number;
    /** This user has read up to `seq`. @param {number} seq */
    read(seq: number): void;
    /** The server knows it. @param {number} seq */
    known(seq: number): void;
    /** @param {number} now @returns {number | null} ms until a position is to be told */
    dueIn(now: number): number | null;
    /** Called when it is due. @param {number} now @returns {number} the position to tell */
    tell(now: number): number;
    /** @param {ReadPosition[]} positions @returns {ReadPosition[]} those that are news */
    heard(positions: ReadPosition[]): ReadPosition[];
    /** The connection is gone. @param {number} now */
    interrupted(now: number): void;
    /** The log began anew. */
    reset(): void;
    #private;
}
export type ReadPosition = import("./types.js").ReadPosition;
