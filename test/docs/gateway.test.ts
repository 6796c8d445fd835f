import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';
import { admitRequests, admitUploads, DEFAULT_MAX_REQUESTS } from '../../src/gateway/admission.js';
import type { GatewayContext } from '../../src/gateway/context.js';
import { GatewayMetrics } from '../../src/gateway/metrics.js';
import { SETTING_HEADERS } from '../../src/gateway/request-settings.js';
import { createServer } from '../../src/gateway/server.js';
import { DEFAULT_HOST, DEFAULT_PORT } from '../../src/gateway/start-gateway.js';
import { firstColumn, names, readPage, section, tableOf } from './markdown.js';

const PAGE = readPage('docs/gateway.md');

const routing = { hash: '', groups: {}, aliases: {}, router: {}, litellm: {} };
const metrics = new GatewayMetrics({ registry: new Registry(), routing, inFlight: () => 0 });
/** No more than it takes to describe the routes. */
const gateway = {
  client: { maxRequestBytes: MAX_PAYLOAD_BYTES },
  clock: systemClock,
  files: null,
  config: { routing, gateway: { keys: [] } },
  admission: admitRequests({ keys: [] }),
  uploads: admitUploads({ keys: [] }),
  metrics,
  log: pino({ level: 'silent' }),
  isStopping: () => false,
} as unknown as GatewayContext;
const app = createServer({ loopbackOnly: false, gateway });

describe('docs/gateway.md', () => {
  test('has the routes of the gateway', async () => {
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, object> }>();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(firstColumn(tableOf(section(PAGE, 'Routes'))).toSorted()).toEqual(routes.toSorted());
  });

  test('has the request headers that are settings', () => {
    const rows = tableOf(section(PAGE, 'Settings of a request')).map(([header = '', setting = '']) => [
      names(header)[0],
      names(setting)[0],
    ]);
    expect(Object.fromEntries(rows)).toEqual(SETTING_HEADERS);
  });

  test('has the defaults', () => {
    const defaults = section(PAGE, 'Defaults');
    for (const value of [
      `${DEFAULT_HOST}, ${DEFAULT_PORT}`,
      String(DEFAULT_MAX_REQUESTS),
      `${(3 * MAX_PAYLOAD_BYTES).toLocaleString('en-US')} bytes as sent, ${MAX_PAYLOAD_BYTES.toLocaleString('en-US')} bytes`,
    ]) {
      expect(defaults).toContain(value);
    }
  });
});
