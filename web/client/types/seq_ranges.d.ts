/** @typedef {{from: number, to: number}} Range both bounds belong to it */
export class SeqRanges {
    /** @returns {readonly Range[]} */
    get all(): readonly Range[];
    /** @param {number} from @param {number} to */
    add(from: number, to: number): void;
    /** What of `range` is not in the set. @param {Range} range @returns {Range[]} */
    missing({ from, to }: Range): Range[];
    /** Forgets what is below `seq`. @param {number} seq */
    trim(seq: number): void;
    #private;
}
/**
 * both bounds belong to it
 */
export type Range = {
    from: number;
    to: number;
};
