// The servers of bench/peers, as peers.json there names them; bench/peers/prepare.mjs has made them ready.
import { readFileSync } from 'node:fs';

export function peers(root) {
  const { peers: found } = JSON.parse(readFileSync(`${root}/bench/peers/peers.json`, 'utf8'));
  return found.map(({ connections_max: connectionsMax, ...peer }) => ({
    ...peer,
    connectionsMax,
    directory: root,
  }));
}
