import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/**
 * Lets every response emit `close` when its connection ends. Node tells only the one that is being sent: those queued
 * behind it, of pipelined requests, would never end, and whoever waits for their end would wait for ever.
 * @param onError - told what goes wrong with a response: without a listener, it would end the process
 */
export function followConnections(server: Server, onError: (error: Error, response: ServerResponse) => void): void {
  const open = new WeakMap<Socket, Set<ServerResponse>>();
  // With TLS, that is what its requests have as their socket.
  const opened = server instanceof TlsServer ? 'secureConnection' : 'connection';
  server.on(opened, (socket: Socket) => {
    const responses = new Set<ServerResponse>();
    open.set(socket, responses);
    socket.once('close', () => {
      for (const response of responses) if (response.socket === null) endQueued(response);
    });
  });
  // Before the routes, which may wait for the end from the beginning.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const responses = open.get(socket);
    responses?.add(response);
    response.once('close', () => responses?.delete(response));
    response.on('error', (error) => onError(error, response));
  });
}

function endQueued(response: ServerResponse): void {
  // From here on, what is written is dropped.
  response.destroy();
  response.emit('close');
}
