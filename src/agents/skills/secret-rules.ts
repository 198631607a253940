/** One kind of secret, found by the shape of its text. */
interface SecretRule {
  name: string;
  severity: 'critical' | 'major';
  /**
   * Has the flag g. The group `secret` is the secret itself, or the whole match where there is none. Every repetition
   * is bounded.
   */
  pattern: RegExp;
  /** A text without any of these holds no such secret; absent, the pattern itself is tried. */
  needles?: readonly string[];
  accept?: (secret: string) => boolean;
}

export interface SecretMatch {
  rule: string;
  severity: SecretRule['severity'];
  /** Position and length of the secret in characters. */
  at: number;
  length: number;
}

const RULES: readonly SecretRule[] = [
  {
    name: 'private key',
    severity: 'critical',
    needles: ['PRIVATE KEY'],
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{1,20000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  },
  {
    name: 'AWS access key',
    severity: 'critical',
    needles: ['AKIA', 'ASIA'],
    pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  },
  {
    name: 'AWS secret key',
    severity: 'critical',
    pattern: /aws.{0,20}secret.{0,20}[=:]\s{0,8}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accept: (secret) => entropy(secret) > 3.5,
  },
  {
    name: 'GitHub token',
    severity: 'critical',
    needles: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
  },
  { name: 'GitLab token', severity: 'critical', needles: ['glpat-'], pattern: /\bglpat-[A-Za-z0-9_-]{20,64}/g },
  {
    name: 'Slack token',
    severity: 'critical',
    needles: ['xox', 'hooks.slack.com'],
    pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,100}/g,
  },
  {
    name: 'Stripe key',
    severity: 'critical',
    needles: ['k_live_', 'k_test_'],
    pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}/g,
  },
  {
    name: 'Google API key',
    severity: 'critical',
    needles: ['AIza'],
    pattern: /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g,
  },
  { name: 'Anthropic key', severity: 'critical', needles: ['sk-ant-'], pattern: /\bsk-ant-[A-Za-z0-9_-]{20,250}/g },
  {
    name: 'OpenAI key',
    severity: 'critical',
    needles: ['sk-'],
    pattern: /\bsk-(?:proj-|svcacct-)[A-Za-z0-9_-]{20,250}|\bsk-[A-Za-z0-9]{32,250}(?![A-Za-z0-9_-])/g,
  },
  {
    name: 'npm token',
    severity: 'critical',
    needles: ['npm_'],
    pattern: /\bnpm_[A-Za-z0-9]{36}\b/g,
  },
  {
    name: 'JSON web token',
    severity: 'major',
    needles: ['eyJ'],
    pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}/g,
  },
  {
    name: 'password assignment',
    severity: 'major',
    pattern:
      /(?:passw(?:or)?d|passphrase|secret|token|api_?-?key|credentials?)["']?\s{0,8}(?::|:?=>?)\s{0,8}(?:"(?<secret>[^"\s]{8,200})"|'(?<single>[^'\s]{8,200})')/gi,
    accept: (secret) => entropy(secret) >= 3 && !isPlaceholder(secret),
  },
];

/**
 * The secrets in a text, in order, none inside another. Keys that vendors print in their documentation are not
 * reported.
 */
export function findSecrets(text: string): SecretMatch[] {
  const matches = RULES.flatMap((rule) => {
    if (rule.needles && !rule.needles.some((needle) => text.includes(needle))) return [];
    return [...text.matchAll(rule.pattern)].flatMap((match) => {
      const secret = match.groups?.['secret'] ?? match.groups?.['single'] ?? match[0];
      if (/EXAMPLE/.test(secret) || rule.accept?.(secret) === false) return [];
      const at = match.index + match[0].lastIndexOf(secret);
      return [{ rule: rule.name, severity: rule.severity, at, length: secret.length }];
    });
  });
  matches.sort((a, b) => a.at - b.at || b.length - a.length);
  let end = -1;
  return matches.filter((match) => {
    if (match.at < end) return false;
    end = match.at + match.length;
    return true;
  });
}

/** The same text, as long as before and with the same lines, with an asterisk for each character of a secret. */
export function redact(text: string): string {
  let [result, from] = ['', 0];
  for (const { at, length } of findSecrets(text)) {
    result += text.slice(from, at) + text.slice(at, at + length).replaceAll(/[^\n]/g, '*');
    from = at + length;
  }
  return result + text.slice(from);
}

function isPlaceholder(secret: string): boolean {
  return (
    /^(?:\$\{?|\{\{|<|%|process\.|os\.|env\.)|[<>{}]|\$\{/.test(secret) ||
    /example|change.?me|placeholder|your[-_]|dummy|xxxx|\*{3}|\.\.\./i.test(secret)
  );
}

/** Shannon's entropy in bits for each character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const number of counts.values()) bits -= (number / text.length) * Math.log2(number / text.length);
  return bits;
}
