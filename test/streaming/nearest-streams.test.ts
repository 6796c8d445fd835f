import { expect, test } from 'vitest';
import type { StreamedCall, StreamTransport } from '../../src/streaming/stream-transport.js';
import { LocalStreams } from '../../src/streaming/local-streams.js';
import { NearestStreams } from '../../src/streaming/nearest-streams.js';
import { attempt, readAlong, write } from './transports.js';
import { waitFor } from '../helpers/wait-for.js';

const CALL: StreamedCall = { callId: 'call', runId: 'run' };

test('within a process, who comes after the first content of an attempt sees nothing of that attempt', async () => {
  const streams = new LocalStreams();
  const first = streams.writer(CALL, attempt(1));
  write(first, 'Hel');
  const reader = readAlong(streams, CALL);
  write(first, 'lo');
  write(streams.writer(CALL, attempt(2)), 'Hello');
  await waitFor(() => reader.texts().length > 0);
  expect(reader.texts()).toEqual(['Hello']);
  await reader.stop();
});

test('who comes after the first content reads where it was sent, though the attempt is made here', async () => {
  const sent = new LocalStreams();
  const elsewhere: StreamTransport = {
    writer: (call, of) => sent.writer(call, of),
    writerHere: () => {
      throw new Error('the call is known elsewhere');
    },
    async *read() {
      yield { of: attempt(1), events: [{ data: 'Hello' }], last: false };
    },
  };
  const describe = async () => ({ pending: { state: 'asking', nextAttemptAt: null } });
  const streams = new NearestStreams(new LocalStreams(), elsewhere, describe);
  const writer = streams.writer(CALL, attempt(1));
  write(writer, 'Hello');
  const reader = readAlong(streams, CALL);
  // It looks elsewhere because no attempt is told of here.
  await waitFor(() => reader.texts().length > 0);
  expect(reader.texts()).toEqual(['Hello']);
  await reader.stop();
  await writer.close();
});
