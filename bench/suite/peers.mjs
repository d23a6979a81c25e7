// The servers of bench/peers, as peers.json names them.
import { existsSync, readFileSync } from 'node:fs';

export function peers(root, programs) {
  const file = `${root}/bench/peers/peers.json`;
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, 'utf8')).peers.map((peer) => ({ ...peer, programs }));
}
