// Runs the load tool against servers that are up, and returns the JSON that it writes.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listOf } from './machine.mjs';

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

// Runs a program to its end. Resolves with {code, output, error}; `limit_ms` is the longest it may take.
export function runProgram(command, parameters, limit_ms) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    let error = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limit_ms);
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      error += chunk;
    });
    const done = (code, words) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, error: late ? `stopped after ${Math.round(limit_ms / 1000)} s` : words });
    };
    child.once('error', (problem) => done(-1, problem.message));
    child.once('close', (code) => done(code, error));
  });
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';

// `flags`: the workload and its flags. Throws with the tool's last words when it fails.
export async function drive(program, cores, targets, flags, expected_ms) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-load-'));
  const [targetsFile, resultFile] = ['targets.json', 'result.json'].map((name) => join(folder, name));
  writeFileSync(targetsFile, JSON.stringify({ targets }));
  const [workload, ...rest] = flags.map(String);
  const { code, error } = await runProgram(
    'taskset',
    [
      '-c',
      listOf(cores),
      program,
      workload,
      '--targets',
      targetsFile,
      ...rest,
      '--threads',
      String(Math.max(1, cores.length)),
      '--json',
      resultFile,
      '--quiet',
    ],
    10 * expected_ms + 120_000,
  );
  try {
    // It also ends with 1 when messages were lost; then there is a result, which says so.
    if (code !== 0 && !existsSync(resultFile))
      throw new Error(lastLine(error) || `the load tool ended with code ${code}`);
    return JSON.parse(readFileSync(resultFile, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const slicing = (slice_ms, repetitions) => ['--slice', `${slice_ms}ms`, '--repetitions', repetitions];
