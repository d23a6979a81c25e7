// The tables of cases, put together; and where they are run.
import { readdirSync } from 'node:fs';

const folder = new URL('../cases/', import.meta.url);

// Every case, its name led by its table's. A name twice would hide a failure.
export async function loadCases() {
  const all = [];
  for (const file of readdirSync(folder).sort()) {
    const { default: cases } = await import(new URL(file, folder));
    all.push(...cases.map((one) => ({ ...one, table: file.replace('.js', ''), name: `${file.replace('.js', '')}/${one.name}` })));
  }
  const names = new Set();
  for (const { name, section } of all) {
    if (names.has(name) || !section) throw new Error(`${name}: twice, or without a section`);
    names.add(name);
  }
  return all;
}

// { host, port, tls, path, authority } of an endpoint.
export function targetOf(url) {
  const { protocol, hostname, port, pathname, host } = new URL(url);
  const tls = protocol === 'wss:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (tls ? 443 : 80)), tls, path: pathname, authority: host };
}
