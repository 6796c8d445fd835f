import { expect, test } from 'vitest';
import { deploymentIds, type Nameable } from '../../src/config/deployments/deployment-ids.js';

const nameable = (apiBase: string, set: Partial<Nameable> = {}): Nameable => ({
  group: 'fast',
  model: 'gpt-4o',
  ownId: undefined,
  endpoint: { apiBase },
  ...set,
});
const [east, west] = [nameable('https://east/v1'), nameable('https://west/v1')];

test('an id says what a deployment is, and where it leads to if that is said of several', () => {
  const mini = nameable('https://east/v1', { model: 'gpt-4o-mini' });
  expect(deploymentIds([east, mini])).toEqual(['fast#gpt-4o', 'fast#gpt-4o-mini']);
  expect(deploymentIds([east, west])).toEqual([
    expect.stringMatching(/^fast#gpt-4o@[0-9a-f]{6}$/),
    expect.stringMatching(/^fast#gpt-4o@[0-9a-f]{6}$/),
  ]);
});

test('the place in the list is no part of it', () => {
  const third = nameable('https://north/v1');
  const [ofEast, ofWest] = deploymentIds([east, west]);
  expect(deploymentIds([third, west, east]).slice(1)).toEqual([ofWest, ofEast]);
});

test('the config has the last word', () => {
  const own = nameable('https://east/v1', { ownId: 'mine' });
  expect(deploymentIds([own, west])).toEqual(['mine', 'fast#gpt-4o']);
  expect(deploymentIds([own, own])).toEqual(['mine', 'mine']);
});

test('of those that are the same in everything, it counts which one', () => {
  const [first = '', second = ''] = deploymentIds([east, east]);
  expect([first.slice(-2), second.slice(-2)]).toEqual(['-1', '-2']);
});
