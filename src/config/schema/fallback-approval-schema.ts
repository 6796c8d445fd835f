import { z } from 'zod';
import { DEFAULTS, type FallbackApproval } from '../../core/plan/settings.js';
import { name, only, totalTimeout, unset } from './values.js';

const groupsError = 'expected a list of the model groups that ask first';
const onTimeoutError = 'expected approve or deny';

/** `fallback_approval`: the gate before a fallback. */
export const fallbackApproval = z.preprocess(
  unset,
  only({
    groups: z.array(name, { error: groupsError }).min(1, { error: groupsError }),
    timeout: totalTimeout,
    on_timeout: z.preprocess(unset, z.enum(['approve', 'deny'], { error: onTimeoutError }).optional()),
  })
    .transform(
      ({
        groups,
        timeout = DEFAULTS.approvalTimeoutMs,
        on_timeout = DEFAULTS.approvalOnTimeout,
      }): FallbackApproval => ({ groups, timeoutMs: timeout, onTimeout: on_timeout }),
    )
    .optional(),
);
