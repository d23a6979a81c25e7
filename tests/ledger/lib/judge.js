// What members saw and were promised, against what the store holds. Everything it finds is a sentence.

// `rows`: the room's messages in the store, by seq: { seq, id, content }. `members`: those of one room.
export function judge({ room, rows, members }) {
  const found = [];
  const say = (text) => { if (found.length < 20) found.push(`${room}: ${text}`); };

  const bySeq = new Map();
  const byId = new Map();
  let previous = 0;
  for (const row of rows) {
    if (row.seq !== previous + 1) say(`the store goes from ${previous} to ${row.seq}`);
    previous = row.seq;
    bySeq.set(row.seq, row);
    if (byId.has(row.id)) say(`${row.id} is stored at ${byId.get(row.id).seq} and at ${row.seq}`);
    byId.set(row.id, row);
  }

  for (const member of members) {
    for (const [id, seq] of member.acked) {
      const row = byId.get(id);
      if (!row) say(`${member.name}'s ${id}, acknowledged at ${seq}, is lost`);
      else if (row.seq !== seq) say(`${member.name}'s ${id}, acknowledged at ${seq}, stands at ${row.seq}`);
    }
    let expected = Math.min(...member.events.keys());
    for (const [seq, event] of [...member.events].sort(([a], [b]) => a - b)) {
      if (seq !== expected) say(`${member.name} saw ${seq} where ${expected} was due`);
      expected = seq + 1;
      const row = bySeq.get(seq);
      if (!row || row.id !== event.id || row.content !== event.content) {
        say(`${member.name} saw ${event.id} at ${seq}, where the store has ${row?.id}`);
      }
    }
    if (expected !== previous + 1) say(`${member.name} saw all up to ${expected - 1}, the store has ${previous}`);
  }

  // Each writer's own messages stand in the order in which it wrote them.
  const lastOf = new Map();
  for (const { seq, content } of rows) {
    const [, name, number] = content.match(/^(\S+) (\d+)/) ?? [];
    if (Number(number) <= (lastOf.get(name) ?? 0)) say(`${name}'s ${number} stands at ${seq}, behind a later one`);
    lastOf.set(name, Number(number));
  }
  return found;
}
