import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followConfig, liveConfig, loadConfig, madeOf, parseConfig, type ReadAgain } from '../../src/config/index.js';
import { waitFor } from '../helpers/wait-for.js';

const model = (name: string, key = 'sk-old-0123456789') =>
  `  - {model_name: ${name}, litellm_params: {model: openai/${name}, api_key: ${key}, rpm: 5}}\n`;
const parse = (text: string) => parseConfig(text, { source: 'test', env: {} });

test('whoever keeps a config, or a part of it, sees the one that is in force', () => {
  const live = liveConfig(parse(`model_list:\n${model('one')}`));
  const { config } = live;
  const { routing, operational, gateway } = config;
  const late = live.replace(
    parse(`model_list:\n${model('two', 'sk-new-0123456789')}general_settings: {master_key: sk-master-0123456789}`),
  );
  expect(late).toEqual([]);
  expect(Object.keys(routing.groups)).toEqual(['two']);
  expect({ ...routing }.groups).toBe(config.routing.groups);
  expect('groups' in routing).toBe(true);
  expect(Object.keys(operational.deployments)).toEqual(['two#two']);
  expect(gateway.keys.map(({ id }) => id)).toEqual(['master']);
  expect(Object.keys(config.connections)).toEqual(['two#two']);
});

test('what was sent with the key before is still kept out of all texts', () => {
  const live = liveConfig(parse(`model_list:\n${model('one')}`));
  live.replace(parse(`model_list:\n${model('one', 'sk-new-0123456789')}`));
  expect(live.config.secrets).toEqual(expect.arrayContaining(['sk-old-0123456789', 'sk-new-0123456789']));
});

test('what a process takes when it starts is told', () => {
  const live = liveConfig(parse(`model_list:\n${model('one')}`));
  const next = `model_list:\n${model('one')}general_settings: {first_attempt: activity, max_receiving_mb: 7}\nexternal_storage: {location: /tmp/x}`;
  expect(live.replace(parse(next))).toEqual([
    'external_storage',
    'general_settings.first_attempt',
    'general_settings.max_receiving_mb',
  ]);
  expect(live.config.gateway.firstAttempt).toBeUndefined();
});

test('a file that changes is read again, and one that it includes; one that is wrong is refused, and the old one stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-follow-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [file, included] = [join(folder, 'holdfast.yaml'), join(folder, 'more.yaml')];
  await writeFile(file, 'include: [more.yaml]\n');
  await writeFile(included, `model_list:\n${model('one')}`);
  const files = new Set<string>();
  const live = liveConfig(await loadConfig(file, { onRead: (each) => void files.add(each) }));
  const told: ReadAgain[] = [];
  const followed = followConfig({
    file,
    files,
    load: {},
    live,
    whyNot: (next) => ('three' in next.routing.groups ? 'three is too many' : null),
    tell: (read) => void told.push(read),
  });
  onTestFinished(() => followed.stop());
  const groups = () => Object.keys(live.config.routing.groups);

  await writeFile(included, `model_list:\n${model('one')}${model('two')}`);
  await waitFor(() => groups().length === 2, { what: 'the other group' });
  expect(told.at(-1)).toEqual({ hash: live.config.routing.hash, late: [] });

  await writeFile(included, 'model_list: nothing\n');
  await waitFor(() => told.some((read) => 'refused' in read && read.refused.message.includes('model_list')), {
    what: 'a refusal',
  });
  expect(groups()).toEqual(['one', 'two']);

  await writeFile(included, `model_list:\n${model('three')}`);
  followed.readAgain();
  await waitFor(() => told.some((read) => 'refused' in read && read.refused.message === 'three is too many'), {
    what: 'another',
  });
  expect(groups()).toEqual(['one', 'two']);
});

test('what is made of a part is made anew once that is another one, and only then', () => {
  let keys = ['one'];
  let times = 0;
  const made = madeOf(
    () => keys,
    (each) => `${++times}: ${each.join()}`,
  );
  expect([made(), made()]).toEqual(['1: one', '1: one']);
  keys = ['two'];
  expect([made(), made()]).toEqual(['2: two', '2: two']);
});
