export { activityFetch } from './activity/activity-fetch.js';
export { activityIdempotencyKey } from './activity/activity-idempotency-key.js';
export { withFinalFailures } from './activity/with-final-failures.js';
