import { keyRing, type KeyRing } from '../../src/encryption/key-ring.js';

/** An entry of `encryption.keys`, whose bytes follow from its id. */
export function testKey(id: string): { id: string; key: string } {
  return { id, key: bytesOf(id).toString('base64') };
}

/** A ring of such keys. */
export function testRing(...ids: string[]): KeyRing | undefined {
  return keyRing(ids.map((id) => ({ id, key: bytesOf(id) })));
}

function bytesOf(id: string): Buffer {
  return Buffer.alloc(32, `a key for tests, called ${id}`);
}
