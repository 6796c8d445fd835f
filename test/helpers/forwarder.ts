import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** So long a server is away in tests, in seconds: the connection finds out, and tries again. */
const AWAY_SECONDS = Number(process.env['AWAY_SECONDS'] ?? 3);

/** What goes to the server, or comes from it. */
export type Way = 'requests' | 'responses';

/** Stands between a process and its Temporal server: holds what goes between them, at an exact moment. */
export interface Forwarder {
  readonly address: string;
  /** How many there are. */
  connections(): number;
  /**
   * From the request on that has this text in its bytes, holds the requests (that one too), or the responses (that request
   * is passed on). Resolves at that moment.
   */
  holdFrom(text: string, way: Way): Promise<void>;
  /** Lets all that was held go on. */
  release(): void;
  /** Cuts the connections and refuses new ones, or takes them again. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly way: Way;
  readonly sprung: () => void;
}

export async function openForwarder(to: string): Promise<Forwarder> {
  const [host = '', port = ''] = to.split(':');
  const held = new Set<Way>();
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let trap: Trap | null = null;
  let isCut = false;

  const spring = (): void => {
    if (trap === null) return;
    held.add(trap.way);
    trap.sprung();
    trap = null;
  };
  const pass = (way: Way, target: Socket, chunk: Buffer): void => {
    const isCaught = way === 'requests' && trap !== null && chunk.includes(trap.text);
    if (isCaught && trap?.way === 'requests') spring();
    if (held.has(way)) waiting.push(() => target.write(chunk));
    else target.write(chunk);
    if (isCaught) spring();
  };
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    // A killed process resets its connections.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };

  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), host);
    for (const socket of [near, far]) keep(socket);
    near.on('data', (chunk: Buffer) => pass('requests', far, chunk)).on('close', () => far.destroy());
    far.on('data', (chunk: Buffer) => pass('responses', near, chunk)).on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    connections: () => sockets.size / 2,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdFrom: (text, way) => new Promise((resolve) => (trap = { text, way, sprung: resolve })),
    release: () => {
      held.clear();
      for (const go of waiting.splice(0)) go();
    },
    cut,
    mend: () => void (isCut = false),
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The server is away from now on, for a while. */
export async function away(forwarder: Forwarder): Promise<void> {
  forwarder.cut();
  forwarder.release();
  await sleep(AWAY_SECONDS * 1000);
  forwarder.mend();
}
