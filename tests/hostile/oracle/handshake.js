// What a well-formed request is answered with: the page, an upgrade (RFC 6455 4.2), or the statuses that
// refuse it. Several defects: any of their statuses is right, since no page says which goes first.
import { createHash } from 'node:crypto';
import { agree, readExtensions } from './extensions.js';

const services = { '/': 'ws', '/ws': 'ws', '/echo': 'echo' };
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const elements = (values) => values.flatMap((value) => value.split(',')).map((one) => one.replace(/^[ \t]+|[ \t]+$/g, '')).filter((one) => one !== '');
const has = (values, wanted) => elements(values).some((one) => one.toLowerCase() === wanted);

const thisMachine = new Set(['localhost', '127.0.0.1', '[::1]']);
const withoutPort = (authority) => authority.replace(/:[0-9]*$/, '').toLowerCase();

function originPasses(origin, host) {
  const [, authority] = origin.match(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#@]+)$/) ?? [];
  if (authority === undefined) return false;
  const [theirs, ours] = [withoutPort(authority), withoutPort(host)];
  return theirs === ours || (thisMachine.has(theirs) && thisMachine.has(ours));
}

// Keys of the right length whose last character has bits that no encoder sets may pass or not.
function judgeKey(keys, defects) {
  if (keys.length !== 1 || !/^[A-Za-z0-9+/]{22}==$/.test(keys[0])) defects.add(400);
  else if (!/[AQgw]==$/.test(keys[0])) defects.add(400);
}

function judgeVersion(versions, defects) {
  if (versions.length === 1 && versions[0] === '13') return;
  if (versions.length === 1) defects.add(426);
  // Not one version of the protocol: a bad request, or one for another version (RFC 6455 4.2.2, 4.4).
  if (versions.length !== 1 || !/^(0|[1-9][0-9]{0,2})$/.test(versions[0])) defects.add(400).add(426);
}

function judgeUpgrade(request, defects, { deflate }) {
  const { all } = request;
  if (request.version !== '1.1') defects.add(400);
  if (!has(all('connection'), 'upgrade')) defects.add(400);
  judgeKey(all('sec-websocket-key'), defects);
  judgeVersion(all('sec-websocket-version'), defects);
  const protocols = elements(all('sec-websocket-protocol'));
  if (protocols.some((one) => !token.test(one)) || new Set(protocols).size !== protocols.length) defects.add(400);
  if (all('sec-websocket-protocol').length && protocols.length === 0) defects.add(400);
  const offers = readExtensions(all('sec-websocket-extensions'));
  if (!offers) defects.add(400);
  const origins = all('origin');
  if (origins.length > 1) defects.add(400);
  if (origins.length === 1 && !originPasses(origins[0], request.host)) defects.add(403);
  return { protocols, deflate: deflate && offers && agree(offers) };
}

// `options.deflate`: is permessage-deflate on?
// { statuses, upgrade?: { service, accept, protocol, deflate }, closes }
export function judgeRequest(request, options) {
  const asks = has(request.all('upgrade'), 'websocket');
  const service = services[request.path];
  const defects = new Set(request.maybe);
  // Connection is a list of tokens (RFC 9110 7.6.1); who reads it for any request may say so first.
  if (elements(request.all('connection')).some((one) => !token.test(one))) defects.add(400);
  if (!asks && request.path === '/') {
    if (request.method === 'GET' || request.method === 'HEAD') {
      return { statuses: new Set([200, ...defects]), closes: !request.keepAlive || request.length > 0 };
    }
    return { statuses: new Set([405, ...defects]), closes: true };
  }
  const head = { closes: true };
  if (!service) return { ...head, statuses: new Set([404, ...defects]) };
  const certain = new Set();
  if (request.method !== 'GET') certain.add(405);
  if (!asks) {
    // Whether the method or the protocol is named first is open; so it is for a version before upgrades.
    certain.add(426);
    if (request.version !== '1.1') certain.add(400);
    return { ...head, statuses: new Set([...certain, ...defects]) };
  }
  const { protocols, deflate } = judgeUpgrade(request, certain, options);
  if (certain.size) return { ...head, statuses: new Set([...certain, ...defects]) };
  const key = request.all('sec-websocket-key')[0];
  const upgrade = {
    service, deflate,
    accept: createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
    protocol: service === 'ws' && protocols.includes('stentor.v1') ? 'stentor.v1' : undefined,
  };
  return { ...head, statuses: new Set([101, ...defects]), upgrade };
}
