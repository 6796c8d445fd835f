import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { errorBody } from './error-answer.js';

interface Row {
  readonly status: number;
  readonly kind: ErrorKind;
  readonly message: string;
}

/** What Node's parser gives up on, by its codes. */
const BROKEN: Readonly<Record<string, Row>> = {
  HPE_HEADER_OVERFLOW: { status: 431, kind: 'BadRequestError', message: 'the headers of the request are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, kind: 'Timeout', message: 'the request did not arrive in time' },
};

const NO_HTTP: Row = { status: 400, kind: 'BadRequestError', message: 'this is no HTTP request that can be read' };

/** Answers what is no request, and closes the connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // As Node does by itself: a response under way must not get a second one in its middle.
  const { _httpMessage: response } = socket as Socket & { _httpMessage?: { headersSent: boolean } };
  if (!socket.writable || error.code === 'ECONNRESET' || response?.headersSent === true) {
    socket.destroy();
    return;
  }
  const { status, kind, message } = BROKEN[error.code ?? ''] ?? NO_HTTP;
  const body = JSON.stringify(errorBody({ kind, message }));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'x-should-retry: false',
      '',
      body,
    ].join('\r\n'),
  );
}
