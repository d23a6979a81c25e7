// What a program imports: `import { StentorClient } from "…/client/index.js"`.
// Invariant: names exported here are public and keep their meaning.

export { StentorClient } from "./stentor_client.js";
export { Room } from "./room.js";
export { StentorError } from "./errors.js";
