import { setImmediate } from 'node:timers/promises';
import type { StreamTransport, StreamWriter } from '../streaming/stream-transport.js';

/**
 * Streams of a call that is being started: what comes before the server has taken the call is passed on when it has, and
 * only then its run is known.
 */
export function heldBack(
  streams: Pick<StreamTransport, 'writerHere'>,
  started: Promise<string | null>,
): Pick<StreamTransport, 'writer'> {
  return {
    writer: (call, of) => {
      let writer: StreamWriter | null = null;
      const early: Parameters<StreamWriter['write']>[] = [];
      const opened = started.then(
        async (runId) => {
          if (runId === null) return;
          // Whoever started the call begins to read in the same turn.
          await setImmediate();
          writer = streams.writerHere({ ...call, runId }, of);
          for (const written of early) writer.write(...written);
        },
        () => undefined,
      );
      return {
        write: (...written) => {
          if (writer === null) early.push(written);
          else writer.write(...written);
        },
        withdraw: async () => {
          if (writer !== null) return writer.withdraw();
          early.length = 0;
          return true;
        },
        close: async () => {
          await opened;
          await writer?.close();
        },
      };
    },
  };
}
