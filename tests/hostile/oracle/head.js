// The head of an HTTP request from its octets (RFC 9112 2 to 6, RFC 9110 5), and the statuses that each
// defect calls for. Sizes: docs/limits.md, "What a client may send".

const requestLineMax = 8 * 1024;
const headMax = 16 * 1024;
const fieldsMax = 100;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const host = /^([A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?$/;

function judgeRequestLine(line, defects) {
  if (line.length > requestLineMax) defects.add(414);
  const [, method, target, version] = line.match(/^([^ ]+) ([^ ]+) (HTTP\/\d\.\d)$/) ?? [];
  if (method === undefined) {
    defects.add(400);
    return null;
  }
  if (!token.test(method) || /[^\x21-\x7e]/.test(target)) defects.add(400);
  if (!/^HTTP\/1\.[01]$/.test(version)) defects.add(505);
  return { method, target, version: version.slice(5) };
}

function judgeField(line, defects) {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (colon < 0 || !token.test(name) || control.test(line)) {
    defects.add(400);
    return null;
  }
  // The grammar bounds no line; docs/limits.md bounds the head alone.
  if (line.length > requestLineMax) defects.maybe.add(431);
  return { name: name.toLowerCase(), value: line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '') };
}

// The origin form of a target (RFC 9112 3.2); null if it has none. An absolute one brings its own host.
function originForm(target, method) {
  // No target has a fragment (RFC 9112 3.2); if one is taken as part of the path, nothing is there.
  if (target.includes('#')) return target.startsWith('/') && !target.includes('?') ? { path: target, bad: true } : null;
  if (target.startsWith('/')) return { path: target };
  if (target === '*' && method === 'OPTIONS') return { path: '*' };
  const [, authority, rest] = target.match(/^https?:\/\/([^/?]*)(.*)$/i) ?? [];
  if (!authority || authority.startsWith(':') || !host.test(authority)) return null;
  return { path: rest.startsWith('/') ? rest : `/${rest}`, host: authority };
}

function judgeFraming({ version, fields }, defects) {
  const all = (name) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const hosts = all('host');
  if (hosts.length > 1 || (hosts.length === 0 && version === '1.1')) defects.add(400);
  if (hosts.length === 1) {
    if (!host.test(hosts[0]) || Number(hosts[0].match(/:(\d*)$/)?.[1] ?? 0) > 65535) defects.add(400);
    // Nothing in front of the port: allowed by the grammar, and no http URI has it (RFC 9110 4.2.1).
    else if (hosts[0].endsWith(':') && hosts[0].length > 1) defects.maybe.add(400);
    else if (hosts[0] === '' || hosts[0].startsWith(':')) defects.add(400);
  }
  const lengths = all('content-length');
  if (lengths.some((value) => !/^[0-9]+$/.test(value)) || new Set(lengths).size > 1) defects.add(400);
  else if (lengths.length > 1) defects.maybe.add(400);
  if (lengths.some((value) => /^[0-9]+$/.test(value) && BigInt(value) >= 2n ** 63n)) {
    defects.add(400);
    defects.add(413);
  }
  const codings = all('transfer-encoding');
  if (codings.length) {
    defects.add(501);
    defects.add(400);
  }
  const length = Number(lengths[0] ?? 0);
  if (length > 0 && all('upgrade').length) defects.add(400);
  return { length, all, host: hosts[0] ?? '' };
}

// `bytes` from the first octet of a request. One of
//   { kind: 'incomplete' }                       nothing wrong so far
//   { kind: 'refused', statuses, must }          any of these; `must`: for certain, not only if judged early
//   { kind: 'request', method, path, version, host, all, length, keepAlive, bytes, maybe }
export function judgeHead(bytes) {
  if (bytes.length === 1 && bytes[0] === 0x0d) return { kind: 'incomplete' };
  if (bytes.toString('latin1', 0, 2) !== '\r\n') return judgeRequest(bytes);
  // One empty line in front is passed over (RFC 9112 2.2).
  const head = judgeRequest(bytes.subarray(2));
  return head.kind === 'request' ? { ...head, bytes: head.bytes + 2 } : head;
}

function judgeRequest(bytes) {
  const defects = new Set();
  defects.maybe = new Set();
  const text = bytes.toString('latin1', 0, headMax + 4096);
  const whole = text.indexOf('\r\n\r\n');
  const head = whole < 0 ? text : text.slice(0, whole);
  const lines = head.split('\r\n');
  const last = whole < 0 ? lines.pop() : null;
  const line = lines.length ? judgeRequestLine(lines[0], defects) : null;
  const fields = lines.slice(1).map((one) => judgeField(one, defects));
  if (lines.some((one) => control.test(one))) defects.add(400);
  if (fields.length > fieldsMax) defects.add(431);
  // The empty line at the end is not counted.
  if (whole >= 0 && head.length + 2 > headMax) defects.add(431);
  if (last !== null) {
    const early = new Set(defects);
    // CR at the end may be the half of a line's end. A line that goes on is judged now or when it ends.
    if (control.test(last.replace(/\r$/, '')) || (lines.length > 0 && /^[ \t]/.test(last))) early.add(400);
    if (lines.length === 0 && (/[^\x20-\x7e]/.test(last.replace(/\r$/, '')) || /^ /.test(last))) early.add(400);
    if (lines.length === 0 && last.length > requestLineMax) { early.add(414); defects.add(414); }
    if (last.length > requestLineMax && lines.length > 0) defects.maybe.add(431);
    if (text.length > headMax) early.add(431);
    if (text.length > headMax + 64) {
      defects.add(431);
      early.add(400);  // for what stands further behind
    }
    // LF alone is no end of a line here (RFC 9112 2.2 leaves it to the reader): nothing ends such a head.
    if (/[^\r]\n/.test(last)) defects.add(400);
    [...defects, ...defects.maybe].forEach((status) => early.add(status));
    if (early.size === 0) return { kind: 'incomplete' };
    return { kind: 'refused', statuses: early, must: [414, 431].some((status) => defects.has(status)) || (defects.has(400) && /[^\r]\n/.test(last)) };
  }
  if (!line || defects.size || fields.includes(null)) {
    defects.maybe.forEach((status) => defects.add(status));
    return { kind: 'refused', statuses: defects, must: true };
  }
  const framing = judgeFraming({ ...line, fields }, defects);
  const target = originForm(line.target, line.method);
  if (!target) defects.add(400);
  if (target?.bad) defects.add(400).add(404);
  if (defects.size) defects.maybe.forEach((status) => defects.add(status));
  // Who took the fragment for part of a path knows that nothing else is to be said to HEAD.
  if (defects.size) return { kind: 'refused', statuses: defects, must: true, head: (status) => status === 404 && line.method === 'HEAD' };
  const connection = framing.all('connection').join(',').toLowerCase().split(',').map((one) => one.trim());
  return {
    kind: 'request', method: line.method, version: line.version, fields, all: framing.all, length: framing.length,
    path: target.path.split('?')[0], host: target.host ?? framing.host, maybe: defects.maybe, bytes: whole + 4,
    keepAlive: line.version === '1.1' ? !connection.includes('close') : connection.includes('keep-alive'),
  };
}
