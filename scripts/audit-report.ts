interface LockEntry {
  version?: string;
  /** Only needed to develop; `devOptional`: also an optional part of something needed in production. */
  dev?: boolean;
  hasInstallScript?: boolean;
}

export interface Lock {
  packages: Readonly<Record<string, LockEntry>>;
}

interface Advisory {
  title?: string;
  url?: string;
}

interface Vulnerability {
  name: string;
  severity: string;
  range: string;
  /** Its own advisories, and the names of dependencies that bring theirs. */
  via: readonly (Advisory | string)[];
}

/** The answer of `npm audit --json`: what it found, or why it found nothing out. */
export interface NpmAudit {
  vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  message?: string;
  error?: { summary?: string };
}

export interface AuditReport {
  lines: string[];
  fails: boolean;
}

const FAILING: readonly string[] = ['high', 'critical'];

/**
 * What is installed in production, what runs code while it is installed, and what is known to be vulnerable. It fails for
 * advisories that are high or critical, not where the registry tells of none.
 * @param audit - null where npm gave no JSON
 */
export function auditReport({ packages }: Lock, audit: NpmAudit | null): AuditReport {
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  const inProduction = entries.filter(([, { dev }]) => dev !== true);
  const withScripts = entries.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const found = Object.values(audit?.vulnerabilities ?? {});
  return {
    lines: [
      `production dependencies: ${inProduction.length} of ${entries.length} packages`,
      `with install scripts: ${withScripts.map(describeEntry).join(', ') || 'none'}`,
      ...advisoryLines(audit, found),
    ],
    fails: found.some(({ severity }) => FAILING.includes(severity)),
  };
}

function describeEntry([path, { version = '', dev = false }]: [string, LockEntry]): string {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return `${name} ${version}${dev ? ' (development)' : ''}`;
}

function advisoryLines(audit: NpmAudit | null, found: readonly Vulnerability[]): string[] {
  if (audit?.vulnerabilities === undefined) {
    return [`not audited: ${audit?.message ?? audit?.error?.summary ?? 'npm told nothing that can be read'}`];
  }
  return found.length === 0 ? ['known advisories: none'] : found.map(describeVulnerability);
}

function describeVulnerability({ name, severity, range, via }: Vulnerability): string {
  const why = via.map((cause) =>
    typeof cause === 'string' ? `by ${cause}` : [cause.title, cause.url].filter(Boolean).join(' '),
  );
  return `${severity}: ${name} ${range}: ${why.join('; ')}`;
}
