// A server on a file that outlives it: killed, started again, or ended in peace.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './server.js';

export class DurableServer {
  // `t`: the test, at whose end the folder goes.
  constructor(t, { flags = [], ...options } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'stentor-durable-'));
    this.file = join(this.folder, 'rooms.db');
    this.options = { ...options, flags: ['--store', `sqlite:${this.file}`, '--join-rate', '0', ...flags] };
    t.after(() => {
      this.server?.child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  async start(flags = []) {
    this.server = await startServer({ ...this.options, flags: [...this.options.flags, ...flags] });
    return this.server;
  }

  async kill() {
    this.server.child.kill('SIGKILL');
    await this.server.exited;
  }

  async killAndStart(flags = []) {
    await this.kill();
    return this.start(flags);
  }

  async stopAndStart(flags = []) {
    await this.server.stop();
    return this.start(flags);
  }
}
