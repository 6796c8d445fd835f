import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTls } from '../../src/gateway/tls.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';

describe.skipIf(skipWithout('openssl'))('a gateway with a certificate', () => {
  let folder: string;
  let gateway: TestGateway;
  const at = (name: string) => join(folder, name);
  const tls = () => ({ cert: at('cert.pem'), key: at('key.pem') });
  const make = (name: string, kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']) =>
    promisify(execFile)(locate('openssl') ?? '', [
      ...['req', '-x509', '-newkey', ...kind, '-nodes', '-days', '1'],
      ...['-subj', `/CN=${name}`, '-out', at(`${name}.cert`), '-keyout', at(`${name}.key`)],
    ]);
  const use = async (name: string) => {
    await copyFile(at(`${name}.cert`), at('cert.pem'));
    await copyFile(at(`${name}.key`), at('key.pem'));
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
    await Promise.all([make('first'), make('second'), make('other', ['rsa:2048'])]);
    await use('first');
    gateway = await openGateway({ model_list: group('good') }, { 'good-up': 'ok' }, { tls: tls() });
  });
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Sends a request over a connection of its own. Returns the name in the certificate, and the answer. */
  const ask = async (head: string, body = '') => {
    const { port } = new URL(gateway.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const name = socket.getPeerCertificate().subject.CN;
    socket.write(
      `${head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${body.length}\r\n` +
        `content-type: application/json\r\n\r\n${body}`,
    );
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    return { name, text };
  };

  test('serves HTTPS', async () => {
    expect(gateway.url).toMatch(/^https:/);
    const call = JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'Hello' }] });
    const { name, text } = await ask('POST /v1/chat/completions', call);
    expect(name).toBe('first');
    expect(text).toMatch(/^HTTP\/1.1 200/);
    expect(text).toContain('Echo: Hello');
  });

  const warnings = () => gateway.logged.filter((line) => line.includes('the certificate expires in less than 14 days'));

  test('says once that it expires soon, and when in its metrics', async () => {
    expect(warnings()).toHaveLength(1);
    const { text } = await ask('GET /metrics');
    const expires = Number(/^holdfast_certificate_expires_seconds (\d+)$/m.exec(text)?.[1]);
    expect(expires * 1000).toBeGreaterThan(Date.now());
    expect(expires * 1000).toBeLessThanOrEqual(Date.now() + 24 * 3_600_000);
  });

  test('serves another one when its files change, and keeps what it has where they cannot be used', async () => {
    await use('second');
    await waitFor(async () => (await ask('GET /health/liveliness')).name === 'second');
    await waitFor(() => warnings().length === 2);
    await writeFile(at('cert.pem'), 'no certificate');
    await waitFor(() => gateway.logged.some((line) => line.includes('cannot be used: the old one stays')));
    expect((await ask('GET /health/liveliness')).name).toBe('second');
  });

  test('is not started with files that do not belong together, or are not there', async () => {
    for (const [cert, key] of [
      ['first', 'second'],
      ['first', 'other'],
      ['other', 'first'],
    ]) {
      const files = { cert: at(`${cert}.cert`), key: at(`${key}.key`) };
      await expect(readTls(files)).rejects.toThrow(/no certificate with its key, as PEM: the key is of another/);
    }
    await expect(readTls({ cert: at('none'), key: at('first.key') })).rejects.toThrow(
      /--tls-cert .*none cannot be read/,
    );
  });
});
