import type { StreamedAttempt, StreamPart } from '../../src/core/call/stream-part.js';
import { LocalStreams } from '../../src/streaming/local-streams.js';
import { NearestStreams } from '../../src/streaming/nearest-streams.js';
import { openStreams } from '../../src/streaming/open-streams.js';
import type { StreamedCall, StreamTransport, StreamWriter } from '../../src/streaming/stream-transport.js';
import { group, openHoldfast } from '../helpers/holdfast.js';
import { openTemporal } from '../helpers/temporal.js';

export interface OpenTransport {
  /** The end that the worker has, and the one that the gateway has: one and the same within a process. */
  readonly worker: StreamTransport;
  readonly gateway: StreamTransport;
  readonly isOneProcess: boolean;
  /** A call whose first attempt never ends, to be written to in its name. */
  startCall(): Promise<StreamedCall>;
  close(): Promise<void>;
}

/** Calls that ask for a stream and get no answer. Their own worker writes nothing, so that a test can. */
async function openCalls() {
  const holdfast = await openHoldfast({ model_list: group('silent', ['hang']) });
  return {
    startCall: async (): Promise<StreamedCall> => {
      const request = { model: 'silent', stream: true, messages: [{ role: 'user' as const, content: 'Hi' }] };
      const { callId, startedRunId } = await holdfast.client.start(request, { stream: { restart: false } });
      if (startedRunId === null) throw new Error('the call was there before');
      return { callId, runId: startedRunId };
    },
    close: () => holdfast.close(),
  };
}

const open = {
  'within a process': async (): Promise<OpenTransport> => {
    const streams = new LocalStreams();
    let calls = 0;
    return {
      worker: streams,
      gateway: streams,
      isOneProcess: true,
      startCall: async () => ({ callId: `call-${++calls}`, runId: `run-${calls}` }),
      close: () => Promise.resolve(),
    };
  },
  'through the workflow': async (): Promise<OpenTransport> => {
    const [calls, worker, gateway] = await Promise.all([openCalls(), openTemporal(), openTemporal()]);
    return {
      startCall: calls.startCall,
      isOneProcess: false,
      worker: openStreams({ connection: worker.connection, namespace: 'default' }),
      gateway: openStreams({ connection: gateway.connection, namespace: 'default' }),
      close: async () => {
        await calls.close();
        await Promise.all([worker.close(), gateway.close()]);
      },
    };
  },
  'by whichever is near, within a process': async (): Promise<OpenTransport> => {
    const streams = new NearestStreams(new LocalStreams(), NOWHERE, async () => ({ pending: null }));
    return { ...(await open['within a process']()), worker: streams, gateway: streams };
  },
  'by whichever is near, from one process to another': async (): Promise<OpenTransport> => {
    const { worker, gateway, ...rest } = await open['through the workflow']();
    const describe = async () => ({ pending: { state: 'asking', nextAttemptAt: null } });
    return {
      ...rest,
      worker: new NearestStreams(new LocalStreams(), worker, describe),
      gateway: new NearestStreams(new LocalStreams(), gateway, describe),
    };
  },
};

const NOWHERE: StreamTransport = {
  writer: () => {
    throw new Error('a reader is here: nothing should go elsewhere');
  },
  writerHere: () => {
    throw new Error('a reader is here: nothing should go elsewhere');
  },
  read: () => {
    throw new Error('an attempt is here: nothing should be read elsewhere');
  },
};

/** Every way there is, by its name. */
export const WAYS = Object.entries(open);

export const attempt = (number: number, group = 'fast'): StreamedAttempt => ({
  group,
  attempt: number,
  deployment: `${group}-1`,
  groupRetries: number - 1,
  groupMaxRetries: number > 1 ? 2 : null,
  fallbacks: 0,
});

/** A reader, and what it got so far. */
export function readAlong(gateway: StreamTransport, call: StreamedCall) {
  const stop = new AbortController();
  const parts: StreamPart[] = [];
  const ended = (async () => {
    for await (const part of gateway.read(call, stop.signal)) parts.push(part);
  })();
  return {
    parts,
    /** What came, event by event. */
    texts: () => parts.flatMap(({ events }) => events.map(({ data }) => data)),
    ended,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

export function write(writer: StreamWriter, ...texts: string[]): void {
  for (const data of texts) writer.write([{ data }], false);
}
