import { hostname, userInfo } from 'node:os';

/** Who acts, where nobody says so. */
export function ownName(): string {
  return `${userInfo().username}@${hostname()}`.slice(0, 100);
}
