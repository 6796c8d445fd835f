export { activityFetch } from './activity/activity-fetch.js';
export { activityIdempotencyKey } from './activity/activity-idempotency-key.js';
