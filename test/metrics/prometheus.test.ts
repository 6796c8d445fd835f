import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '../../src/dev-server/ports.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';

const run = promisify(execFile);
const fileOf = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const ALERTS = fileOf('prometheus/alerts.yaml');
/** The shortest step that counts as a rate here. */
const INTERVAL = '1m';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

/** Metrics of Temporal's SDK, and those that this run has no reason to have. */
const ABSENT = /temporal_|time_to_first_token|fallbacks|attempts_lost|calls_waiting|oldest_wait|batch_rows|limit_share/;

describe.skipIf(skipWithout('promtool', 'prometheus'))('a Prometheus', () => {
  let gateway: TestGateway;
  let prometheus: ChildProcess;
  let folder: string;
  let url: string;
  beforeAll(async () => {
    const config = { model_list: [...group('good'), ...group('down')], router_settings: { ...FAST, num_retries: 1 } };
    gateway = await openGateway(config, { 'good-up': 'ok', 'down-up': '500' });
    for (const model of ['good', 'down']) {
      await gateway.fetch('/v1/chat/completions', { json: { model, messages: [{ role: 'user', content: 'hi' }] } });
    }
    folder = await mkdtemp(join(tmpdir(), 'holdfast-prometheus-'));
    const { host } = new URL(gateway.url);
    const scrape = { job_name: 'holdfast', scrape_interval: '1s', static_configs: [{ targets: [host] }] };
    await writeFile(join(folder, 'prometheus.yml'), stringify({ rule_files: [ALERTS], scrape_configs: [scrape] }));
    url = `http://127.0.0.1:${await freePort()}`;
    prometheus = spawn(
      locate('prometheus') ?? '',
      [`--config.file=prometheus.yml`, '--storage.tsdb.path=data', `--web.listen-address=${new URL(url).host}`],
      { cwd: folder, stdio: 'ignore' },
    );
  });
  afterAll(async () => {
    if (prometheus.exitCode === null && prometheus.kill()) await once(prometheus, 'exit');
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (
    path: string,
  ): Promise<{ status: string; data: { result: unknown[] } & Record<string, unknown[]> }> =>
    (await fetch(`${url}/api/v1/${path}`)).json() as never;
  const query = (expression: string) => ask(`query?query=${encodeURIComponent(expression)}`);

  test('takes the alerts', async () => {
    const { stdout } = await run(locate('promtool') ?? '', ['check', 'rules', ALERTS]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  test('fires them in an outage, when calls wait long, and not before', async () => {
    const failures = 'litellm_deployment_failure_responses_total{requested_model="fast",model_id="one"}';
    const waits = 'holdfast_oldest_wait_seconds{group="fast",reason="RateLimitError"}';
    const expected = (time: string, alertname: string, exp_alerts: object[]) => ({
      eval_time: time,
      alertname,
      exp_alerts,
    });
    const unitTest = {
      rule_files: [ALERTS],
      tests: [
        {
          interval: INTERVAL,
          input_series: [
            { series: failures, values: '0+10x60' },
            { series: failures.replace('failure_responses', 'total_requests'), values: '0+10x60' },
            { series: waits, values: '0+60x60' },
            { series: 'holdfast_board_reached{instance="worker:9464"}', values: '1x10 0x49' },
          ],
          alert_rule_test: [
            expected('2m', 'HoldfastProviderDown', []),
            expected('20m', 'HoldfastProviderDown', [
              {
                exp_labels: { severity: 'critical', requested_model: 'fast' },
                exp_annotations: {
                  summary: 'No attempt at fast has answered for 5 minutes',
                  description:
                    'Calls wait and are retried. `holdfast list --retrying fast` shows them, and until when.',
                },
              },
            ]),
            expected('2m', 'HoldfastBoardAway', []),
            expected('20m', 'HoldfastBoardAway', [
              {
                exp_labels: { severity: 'warning', instance: 'worker:9464' },
                exp_annotations: {
                  summary:
                    'worker:9464 cannot reach the board of the providers: limits hold by the share that it had last',
                },
              },
            ]),
            expected('20m', 'HoldfastCallsWaitLong', []),
            expected('40m', 'HoldfastCallsWaitLong', [
              {
                exp_labels: { severity: 'warning', group: 'fast', reason: 'RateLimitError' },
                exp_annotations: { summary: 'A call of fast has waited for half an hour: RateLimitError' },
              },
            ]),
          ],
        },
      ],
    };
    await writeFile(join(folder, 'alerts.test.yml'), stringify(unitTest));
    const { stdout } = await run(locate('promtool') ?? '', ['test', 'rules', join(folder, 'alerts.test.yml')]);
    expect(stdout).toContain('SUCCESS');
  });

  test('reads what is served, and has an answer for every panel of the dashboard', async () => {
    await waitFor(
      async () => (await query('litellm_deployment_total_requests_total').catch(() => null))?.data.result.length,
    );
    const { panels } = JSON.parse(await readFile(fileOf('grafana/holdfast.json'), 'utf8')) as { panels: Panel[] };
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const asked = expr.replaceAll('$__rate_interval', INTERVAL).replaceAll('$group', '.*');
        // A rate takes two looks at its metric.
        await waitFor(async () => {
          const { status, data } = await query(asked);
          expect(status, `${title}: ${asked}`).toBe('success');
          return ABSENT.test(expr) || data.result.length > 0;
        });
      }
    }
  });
});
