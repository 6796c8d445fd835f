/** The gateway cannot be started: what is wrong and what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
}
