import { ANYBODY, type Caller } from './callers.js';
import { Refusal } from './refusal.js';

/** Keys of the config may not have this id. */
const MASTER_KEY_ID = 'master';

/** What concerns all callers is for whoever has the master key, or for anybody where there are no keys. */
export function mustHaveMasterKey(caller: Caller): void {
  if (caller === ANYBODY || caller.id === MASTER_KEY_ID) return;
  throw new Refusal({
    kind: 'PermissionDeniedError',
    message: `key ${caller.id} may not do this: it takes the master key (general_settings.master_key)`,
    admission: 'master key',
  });
}
