import { S3Client } from '@aws-sdk/client-s3';

const CONNECTION_TIMEOUT_MS = 10_000;
/** Without a byte in either direction. */
const IDLE_TIMEOUT_MS = 60_000;

/** Credentials, region and endpoint as the AWS SDK finds them. */
export function openS3Client(env: NodeJS.ProcessEnv): S3Client {
  const requestHandler = { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS };
  const isOwnEndpoint = (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? '') !== '';
  if (!isOwnEndpoint) return new S3Client({ requestHandler });
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return new S3Client({
    requestHandler,
    region,
    // Other services seldom have a host name per bucket, nor the newer checksums of AWS's.
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
