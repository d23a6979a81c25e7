export class Identity {
    /** @param {Credentials & {typed?: boolean}} [known] typed: the user chose the name just now */
    constructor(known?: Credentials & {
        typed?: boolean;
    });
    /** @returns {Credentials} */
    get credentials(): Credentials;
    /** @returns {string | undefined} the name that the user goes by, or would like to */
    get name(): string | undefined;
    /** Ask for another name at the next login. @param {string} name */
    rename(name: string): void;
    /** @param {{name: string, session?: string}} loggedIn */
    accepted(loggedIn: {
        name: string;
        session?: string;
    }): void;
    /** @param {string} code @returns {NextStep} */
    refused(code: string): NextStep;
    #private;
}
export type Credentials = {
    name?: string;
    session?: string;
    token?: string;
};
export type NextStep = "again" | "later" | "ask" | "stop";
