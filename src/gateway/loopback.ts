import { isIPv4 } from 'node:net';
import { Refusal } from './refusal.js';

/** Whether an address, or a host name, leads to this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/**
 * Refuses requests for other host names, where nobody needs a key: a web page that the user visits can have its own name
 * lead to this machine, and then ask as if it belonged here.
 */
export function mustBeForLoopback(host: string | undefined): void {
  const name = host?.replace(/:\d*$/, '') ?? '';
  if (isLoopback(name)) return;
  throw new Refusal({
    kind: 'PermissionDeniedError',
    message: 'without keys, this gateway serves requests to localhost only: configure a key, or ask localhost',
  });
}
