// A run of the suite with stand-in programs, whole as main.mjs writes it; and what a report must be.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, '../../..');
export const standIns = join(here, 'programs');

// Runs bench/suite/main.mjs. Resolves with {code, stdout, stderr, run, html, files}.
export function runSuite(parameters, { programs = standIns, environment = {}, limit_ms = 120_000 } = {}) {
  const out = mkdtempSync(join(tmpdir(), 'stentor-suite-test-'));
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(root, 'bench/suite/main.mjs'), '--programs', programs, '--out', out, ...parameters],
      { env: { ...process.env, ...environment }, timeout: limit_ms, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const files = readdirSync(out);
        const read = (ending) => {
          const name = files.find((file) => file.endsWith(ending) && !file.endsWith('.raw.json'));
          return name === undefined ? undefined : readFileSync(join(out, name), 'utf8');
        };
        const [json, html] = ['.json', '.html'].map(read);
        rmSync(out, { recursive: true, force: true });
        done({
          code: error ? (error.code ?? -1) : 0,
          stdout,
          stderr,
          files,
          html,
          run: json && JSON.parse(json),
        });
      },
    );
  });
}

// Self-contained: nothing is fetched, nothing runs, and every tag that is opened is closed.
export function assertIsWholePage(html) {
  assert.match(html, /^<!doctype html>/);
  assert.doesNotMatch(html, /https?:\/\//);
  assert.doesNotMatch(html, /<(script|link|iframe|img)\b|@import|url\(/i);
  assert.doesNotMatch(html, /\b(NaN|undefined|Infinity|\[object)\b/);
  const open = [];
  for (const [, closing, name, selfClosing] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
    if (selfClosing || ['meta', 'br'].includes(name)) continue;
    if (closing) assert.equal(open.pop(), name, `</${name}> closes what is open`);
    else open.push(name);
  }
  assert.deepEqual(open, []);
}
