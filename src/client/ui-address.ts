/** Where Temporal's own dev server has its web UI. */
const DEFAULT_UI = 'http://localhost:8233';

/** The address of Temporal's web UI: HOLDFAST_UI, else TEMPORAL_UI, else that of the dev server. */
export function uiBase(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['HOLDFAST_UI'] || env['TEMPORAL_UI'] || DEFAULT_UI;
  return base.replace(/\/+$/, '');
}

/** The page of a call in Temporal's web UI. */
export function uiAddress(
  { namespace, callId }: { namespace: string; callId: string },
  env: NodeJS.ProcessEnv = process.env,
): string {
  return `${uiBase(env)}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(callId)}`;
}
