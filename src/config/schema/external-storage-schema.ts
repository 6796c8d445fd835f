import { z } from 'zod';
import { megabytes } from './values.js';

const locationError = 'expected a folder, or a bucket: s3://bucket/folder';

export const externalStorage = z.object({
  location: z
    .string({ error: locationError })
    .regex(/^(?:(?:file|s3):\/\/.+|(?![\w+.-]+:\/\/).+)$/i, { error: locationError }),
  max_payload_mb: megabytes,
});
