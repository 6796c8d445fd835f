import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { GatewayMetrics } from '../../src/gateway/metrics.js';
import { AttemptMetrics } from '../../src/metrics/attempt-metrics.js';
import { ConfigMetrics } from '../../src/metrics/config-metrics.js';
import { firstColumn, names, readPage, section, tableOf } from './markdown.js';

const PAGE = readPage('docs/metrics.md');
const routing = { hash: '', groups: {}, aliases: {}, router: {}, litellm: {} };

/** Each metric, with its labels. */
const counted = async (registry: Registry) =>
  new Map(
    registry
      .getMetricsAsArray()
      .map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]),
  );

const described = (title: string) => {
  let all: string[] = [];
  return new Map(
    tableOf(section(PAGE, title)).map(([name = '', labels = '']) => {
      // "as of all attempts": those of the first row.
      if (all.length === 0) all = names(labels);
      const own = names(labels);
      return [names(name)[0], /^(?:the same|as of)/.test(labels) ? [...all, ...own] : own];
    }),
  );
};

test('docs/metrics.md has the metrics of attempts, with their labels', async () => {
  const registry = new Registry();
  const standing = () => ({ state: 'closed', share: {} }) as const;
  new AttemptMetrics({ registry, routing, standing, isBoardReached: () => true, now: () => 0 });
  expect(described('Attempts')).toEqual(await counted(registry));
});

test('and those of requests', async () => {
  const registry = new Registry();
  new GatewayMetrics({ registry, routing, inFlight: () => 0 }).certificateExpires(0);
  expect(described('Requests')).toEqual(await counted(registry));
  expect(firstColumn(tableOf(section(PAGE, 'Requests')))).toContain('holdfast_requests_total');
});

test('and those of configs', async () => {
  const registry = new Registry();
  new ConfigMetrics(registry);
  expect(described('Configs')).toEqual(await counted(registry));
});
