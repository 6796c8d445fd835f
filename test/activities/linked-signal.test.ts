import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { linkSignals } from '../../src/activities/linked-signal.js';

test('fires with the first of the others, with its reason', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const { signal } = linkSignals(one.signal, two.signal);
  expect(signal.aborted).toBe(false);
  two.abort('two');
  one.abort('one');
  expect(signal.reason).toBe('two');
});

test('has fired when one of the others has', () => {
  expect(linkSignals(new AbortController().signal, AbortSignal.abort('before')).signal.reason).toBe('before');
});

test('leaves nothing behind', () => {
  const source = new AbortController();
  const linked = linkSignals(source.signal);
  linked.unlink();
  source.abort();
  expect(linked.signal.aborted).toBe(false);
  expect(getEventListeners(source.signal, 'abort')).toEqual([]);
});
