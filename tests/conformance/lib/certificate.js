// A certificate that signs itself, for the tls: listener under test; made with Node alone (X.509 in DER).
import { generateKeyPairSync, sign } from 'node:crypto';

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts) => der(0x30, ...parts);
const oid = (...octets) => der(0x06, octets);
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = oid(0x55, 0x04, 0x03);
const name = (text) => sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
const utcTime = (date) => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

// { certificate, key } in PEM, for localhost, good from yesterday for a week.
export function selfSigned() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const day = 86_400_000;
  const subject = name('localhost');
  const alternative = sequence(der(0x82, Buffer.from('localhost')), der(0x87, [127, 0, 0, 1]));
  const extension = sequence(oid(0x55, 0x1d, 0x11), der(0x04, alternative));
  const body = sequence(
    der(0xa0, der(0x02, [2])), der(0x02, [1]), ecdsaWithSha256, subject,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 6 * day))),
    subject, publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, sequence(extension)),
  );
  const whole = sequence(body, ecdsaWithSha256, der(0x03, [0], sign('sha256', body, privateKey)));
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}
