// The same work over wss:// and over ws://, on servers that differ in nothing else. The certificate is made for
// the row and thrown away after it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurn, Skip, slicesOf } from './in_turn.mjs';
import { stentor } from './servers.mjs';

// {cert, key}: files. An ECDSA key on P-256, as most certificates have today.
function makeCertificate(folder) {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  const wanted = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const named = ['-days', '2', '-subj', '/CN=stentor bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', [...wanted, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Skip('needs openssl for a certificate');
    throw error;
  }
  return { cert, key };
}

// What is paired stands beside each other; the one without TLS is what the other is judged by.
export function plainAndTls({ programs, congestion }, io, tls) {
  const [plain, secure] = ['ws://', 'wss://'].map((variant) => ({ variant, name: `${io}, ${variant}` }));
  const program = `${programs}/stentor`;
  return [
    stentor(program, io, { ...plain, reference: undefined, congestion }),
    stentor(program, io, { ...secure, reference: plain.name, congestion, tls }),
  ];
}

export async function tls(context, row) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-tls-'));
  try {
    const certificate = makeCertificate(folder);
    const servers = context.kinds.flatMap((io) => plainAndTls(context, io, certificate));
    const flags = [...row.load, '--ca', certificate.cert];
    const answer = await inTurn(context, row, flags, ...slicesOf(context, row), servers);
    for (const result of answer.results) {
      const { variant, reference } = servers.find(({ name }) => name === result.server);
      Object.assign(result, { variant, ...(reference ? {} : { isReference: true }) });
    }
    const agreed = new Set(answer.results.flatMap(({ tls: one }) => (one ? `${one.version}, ${one.cipher}` : [])));
    return { ...answer, note: [...agreed, 'shares of ws://'].join(', ') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
