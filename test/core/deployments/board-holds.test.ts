import { describe, expect, test } from 'vitest';
import { EMPTY_BOARD, EMPTY_DEPLOYMENT, type Board } from '../../../src/core/deployments/board.js';
import { heldAs, withHold, withoutHold } from '../../../src/core/deployments/board-holds.js';
import { boardStatus } from '../../../src/core/deployments/board-status.js';
import { checkHold, checkRelease } from '../../../src/core/deployments/hold-messages.js';
import { deploymentIds, holdTarget } from '../../../src/core/deployments/hold-target.js';
import type { Hold } from '../../../src/core/deployments/hold.js';
import type { RoutingConfig } from '../../../src/core/plan/settings.js';
import { deployment, NOW_MS } from '../build.js';

const hold = (set: Partial<Hold> = {}): Hold => ({
  kind: 'group',
  target: 'g',
  deployments: ['g1', 'g2'],
  by: 'ann',
  why: 'too dear',
  sinceMs: NOW_MS,
  diverts: false,
  ...set,
});

describe('holds of the board', () => {
  test('one for each name, the last one', () => {
    const board = withHold(withHold(EMPTY_BOARD, hold()), hold({ by: 'bob' }));
    expect(boardStatus(board, NOW_MS).holds).toMatchObject([{ target: 'g', by: 'bob' }]);
    expect(heldAs(board, 'g')?.by).toBe('bob');
    expect(heldAs(board, 'x')).toBe(undefined);
    expect(heldAs(EMPTY_BOARD, 'g')).toBe(undefined);
    const both = withHold(withHold(EMPTY_BOARD, hold({ kind: 'deployment' })), hold());
    expect(both.holds).toHaveLength(2);
    expect(heldAs(both, 'g')?.kind).toBe('group');
    expect(heldAs(withHold(EMPTY_BOARD, hold({ kind: 'deployment' })), 'g')?.kind).toBe('deployment');
  });

  test('that are released come back on a ramp, but for what cools', () => {
    const about = { group: 'g', provider: 'openai', host: 'x' };
    const circuit = { state: 'open', sinceMs: NOW_MS, untilMs: NOW_MS + 9_000, probe: null } as const;
    const board: Board = {
      deployments: {
        g2: { ...EMPTY_DEPLOYMENT, about, circuit },
        g3: { ...EMPTY_DEPLOYMENT, about },
        other: EMPTY_DEPLOYMENT,
      },
      holds: [hold(), hold({ target: 'h' })],
    };
    const released = withoutHold(board, hold(), 10, NOW_MS);
    expect(released.holds).toEqual([hold({ target: 'h' })]);
    expect(Object.entries(released.deployments).map(([id, { circuit: of }]) => [id, of?.state])).toEqual([
      ['g2', 'open'],
      ['g3', 'ramp'],
      ['other', undefined],
      ['g1', 'ramp'],
    ]);
    expect(released.deployments['g1']?.circuit).toMatchObject({ perSecond: 10, grows: false });
    expect(withoutHold(EMPTY_BOARD, hold(), undefined, NOW_MS).deployments['g1']?.circuit).toMatchObject({
      grows: true,
    });
  });
});

describe('what a name means', () => {
  const routing = {
    groups: { g: [deployment('g1'), deployment('g2')], many: [deployment('m1')] },
    wildcards: { 'any/*': [deployment('any')] },
    aliases: { short: 'g' },
  } as unknown as RoutingConfig;
  test.each<[what: string, name: string, target: object | null]>([
    ['a group', 'g', { kind: 'group', target: 'g', deployments: ['g1', 'g2'] }],
    ['an alias: its group', 'short', { kind: 'group', target: 'g', deployments: ['g1', 'g2'] }],
    ['a deployment', 'g2', { kind: 'deployment', target: 'g2', deployments: ['g2'] }],
    ['a wildcard', 'any/*', { kind: 'group', target: 'any/*', deployments: ['any'] }],
    ['the deployment of a wildcard', 'any', { kind: 'deployment', target: 'any', deployments: ['any'] }],
    ['nothing', 'nope', null],
  ])('%s', (_, name, target) => {
    expect(holdTarget(routing, name)).toEqual(target);
  });

  test('deployments of groups and of wildcards have ids', () => {
    expect(deploymentIds(routing)).toEqual(['g1', 'g2', 'm1', 'any']);
    const plain = { ...routing, wildcards: undefined };
    expect(deploymentIds(plain)).toEqual(['g1', 'g2', 'm1']);
    expect(holdTarget(plain, 'any')).toBe(null);
  });
});

describe('what is no hold or release is refused', () => {
  const good = { target: 'g', by: 'ann', why: 'too dear', diverts: false };
  test.each<[what: string, request: unknown]>([
    ['nothing', undefined],
    ['without a reason', { ...good, why: ' ' }],
    ['by nobody', { ...good, by: '' }],
    ['by a name without end', { ...good, by: 'x'.repeat(101) }],
    ['without saying whether it diverts', { ...good, diverts: 'no' }],
  ])('a hold: %s', (_, request) => {
    expect(() => checkHold(good)).not.toThrow();
    expect(() => checkHold(request)).toThrow('a hold takes');
  });

  test.each<[what: string, request: unknown]>([
    ['without a name', {}],
    ['at no rate', { target: 'g', perSecond: 0 }],
    ['at a rate that is none', { target: 'g', perSecond: '10/s' }],
  ])('a release: %s', (_, request) => {
    expect(() => checkRelease({ target: 'g' })).not.toThrow();
    expect(() => checkRelease({ target: 'g', perSecond: 10 })).not.toThrow();
    expect(() => checkRelease(request)).toThrow('a release takes');
  });
});
