// Reads web/manifest.txt: which path serves which file, with which type.
// Invariant: a line is "path file content-type", and only the type holds spaces.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const kWebFolder = fileURLToPath(new URL("../../../web/", import.meta.url));

/** @returns {Map<string, {file: string, type: string}>} by path */
export function readManifest() {
    const lines = readFileSync(`${kWebFolder}manifest.txt`, "utf8").trim().split("\n");
    return new Map(
        lines.map((line) => {
            const [path, file, ...type] = line.split(" ");
            return [path, { file: kWebFolder + file, type: type.join(" ") }];
        }),
    );
}
