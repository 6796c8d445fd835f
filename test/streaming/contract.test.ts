import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamedCall } from '../../src/streaming/stream-transport.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { attempt, readAlong, WAYS, write, type OpenTransport } from './transports.js';

describe.each(WAYS)('%s', (_way, open) => {
  let transport: OpenTransport;
  let call: StreamedCall;
  beforeAll(async () => {
    transport = await open();
  });
  afterAll(() => transport.close());

  const begin = async () => {
    call = await transport.startCall();
    return readAlong(transport.gateway, call);
  };

  test('events come in their order, each once, with their attempt, and the last of them is known', async () => {
    const reader = await begin();
    const of = attempt(1);
    const writer = transport.worker.writer(call, of);
    const texts = Array.from({ length: 50 }, (_value, index) => `{"n":${index}}`);
    for (const data of texts) writer.write([{ event: 'delta', data }], false);
    writer.write([{ data: 'end' }], true);
    await writer.close();
    await waitFor(() => reader.parts.at(-1)?.last);
    expect(reader.texts()).toEqual([...texts, 'end']);
    expect(reader.parts[0]?.events[0]).toEqual({ event: 'delta', data: '{"n":0}' });
    expect(reader.parts.map((part) => part.of)).toEqual(reader.parts.map(() => of));
    expect(reader.parts.filter(({ last }) => last)).toHaveLength(1);
    await reader.stop();
  });

  test('the first event comes while the attempt goes on', async () => {
    const reader = await begin();
    const writer = transport.worker.writer(call, attempt(1));
    write(writer, 'first');
    await waitFor(() => reader.texts().length > 0);
    write(writer, 'second');
    await waitFor(() => reader.texts().length > 1);
    expect(reader.parts.every(({ last }) => !last)).toBe(true);
    await writer.close();
    await reader.stop();
  });

  test('an attempt that failed has no last event, and the next one is another', async () => {
    const reader = await begin();
    const failed = transport.worker.writer(call, attempt(1));
    write(failed, 'Hel');
    await waitFor(() => reader.texts().length > 0);
    await failed.close();
    const good = transport.worker.writer(call, attempt(2));
    write(good, 'Hello');
    good.write([], true);
    await good.close();
    await waitFor(() => reader.parts.at(-1)?.last);
    expect(reader.texts()).toEqual(['Hel', 'Hello']);
    expect(new Set(reader.parts.map((part) => part.of.attempt))).toEqual(new Set([1, 2]));
    await reader.stop();
  });

  test('an attempt that writes nothing costs nothing, and ends', async () => {
    const reader = await begin();
    await transport.worker.writer(call, attempt(1)).close();
    expect(reader.parts).toEqual([]);
    await reader.stop();
  });

  test('calls do not meet', async () => {
    const reader = await begin();
    const other = await transport.startCall();
    const stranger = readAlong(transport.gateway, other);
    const writer = transport.worker.writer(call, attempt(1));
    write(writer, 'mine');
    await writer.close();
    await waitFor(() => reader.texts().length > 0);
    expect(stranger.parts).toEqual([]);
    await Promise.all([reader.stop(), stranger.stop()]);
  });

  test('a reader that leaves disturbs nobody', async () => {
    const reader = await begin();
    const writer = transport.worker.writer(call, attempt(1));
    write(writer, 'first');
    await waitFor(() => reader.texts().length > 0);
    await reader.stop();
    write(writer, 'second');
    await writer.close();
    expect(reader.texts()).toEqual(['first']);
  });

  test('an attempt that failed is not taken back from whoever has read of it', async () => {
    const reader = await begin();
    const writer = transport.worker.writer(call, attempt(1));
    write(writer, 'first');
    await waitFor(() => reader.texts().length > 0);
    expect(await writer.withdraw()).toBe(false);
    await writer.close();
    await reader.stop();
    expect(reader.texts()).toEqual(['first']);
  });

  test('where nobody has read of it, it is, and the next attempt is the first that is read', async () => {
    call = await transport.startCall();
    const failed = transport.worker.writer(call, attempt(1));
    // Within a process, a reader is there from the start.
    if (!transport.isOneProcess) write(failed, 'Hel', 'lo');
    expect(await failed.withdraw()).toBe(true);
    await failed.close();
    const reader = readAlong(transport.gateway, call);
    const good = transport.worker.writer(call, attempt(2));
    write(good, 'Hello');
    await waitFor(() => reader.texts().length > 0);
    expect(await good.withdraw()).toBe(false);
    await good.close();
    expect(reader.texts()).toEqual(['Hello']);
    await reader.stop();
  });

  test(
    'what an attempt left that was lost with its worker is taken back by the next one, where nobody has read of it',
    TIMED,
    async () => {
      call = await transport.startCall();
      const lost = transport.worker.writer(call, attempt(1));
      if (!transport.isOneProcess) write(lost, 'Hel', 'lo');
      await lost.close();
      const reader = transport.isOneProcess ? readAlong(transport.gateway, call) : null;
      const good = transport.worker.writer(call, attempt(2));
      write(good, 'Hello');
      await good.close();
      const late = reader ?? readAlong(transport.gateway, call);
      await waitFor(() => late.texts().length > 0);
      await late.stop();
      expect(late.texts()).toEqual(['Hello']);
      expect(late.parts.map(({ of }) => of.attempt)).toEqual([2]);
    },
  );

  test('and is left where somebody has', async () => {
    const reader = await begin();
    const lost = transport.worker.writer(call, attempt(1));
    write(lost, 'first');
    await waitFor(() => reader.texts().length > 0);
    await lost.close();
    const good = transport.worker.writer(call, attempt(2));
    write(good, 'second');
    await waitFor(() => reader.texts().length > 1);
    await good.close();
    await reader.stop();
    expect(reader.parts.map(({ of }) => of.attempt)).toEqual([1, 2]);
  });

  test('memory is bounded: what is missing is missing at the end', async () => {
    call = await transport.startCall();
    const stop = new AbortController();
    const slow = transport.gateway.read(call, stop.signal);
    const first = slow.next();
    const writer = transport.worker.writer(call, attempt(1));
    const texts = Array.from({ length: 1000 }, (_value, index) => `${index}:${noise(8_000)}`);
    write(writer, ...texts);
    writer.write([], true);
    await writer.close();
    const got = [await first, ...(await drain(slow, stop))];
    const events = got.flatMap(({ value }) => (value ? value.events.map(({ data }) => data) : []));
    expect(events).toEqual(texts.slice(0, events.length));
    expect(events.length).toBeLessThan(texts.length);
    expect(got.some(({ value }) => value?.last)).toBe(false);
  });
});

/** What no packing makes small. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

/** Everything that comes until it is silent. */
async function drain<T>(source: AsyncGenerator<T, void>, stop: AbortController) {
  const got: IteratorResult<T, void>[] = [];
  for (;;) {
    const silence = setTimeout(() => stop.abort(), 1500);
    const next = await source.next();
    clearTimeout(silence);
    if (next.done === true) return got;
    got.push(next);
  }
}
