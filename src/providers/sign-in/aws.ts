import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SignIn } from '../../config/index.js';
import type { SignRequest } from './sign-request.js';

type AwsSignIn = Extract<SignIn, { by: 'aws' }>;

/** Signature Version 4, with the keys of the deployment or as AWS's own programs find them. */
export function signerOfAws({ service, region, credentials }: AwsSignIn): SignRequest {
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials:
      credentials !== undefined && 'secretAccessKey' in credentials
        ? keysOf(credentials)
        : defaultProvider(credentials),
  });
  return async ({ method, url, json }) => {
    const { protocol, host, hostname, port, pathname, searchParams } = new URL(url);
    const { headers } = await signer.sign({
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      // Others may be changed on the way.
      headers: { host, 'content-type': 'application/json' },
      body: json(),
    });
    const { host: _byConnection, ...signed } = headers;
    return signed;
  };
}

function keysOf({ sessionToken, ...keys }: Extract<AwsSignIn['credentials'], { secretAccessKey: string }>) {
  return sessionToken === undefined ? keys : { ...keys, sessionToken };
}
