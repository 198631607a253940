import type { Finding, SkillReport } from '../../contract/facts.js';
import { LIMITS } from '../../contract/limits.js';
import { SKILL_NAMES, type SkillName } from '../../contract/skills.js';

/** What a skill found, before it is cut to size. */
export interface Draft {
  skill: SkillName;
  summary: string;
  skipped?: string;
  figures?: Record<string, number | string>;
  tables?: SkillReport['tables'];
  findings?: Finding[];
  /** Findings that the skill counted without keeping them. */
  findingsLeftOut?: number;
}

const SEVERITIES = ['critical', 'major', 'minor', 'info'] as const satisfies readonly Finding['severity'][];

/**
 * A report of at most LIMITS.skillReportBytes as JSON: the gravest findings first, at most LIMITS.findingsPerSkill of
 * them, tables of at most LIMITS.tableRowsPerSkill rows, texts of at most LIMITS.reportTextChars. What is left out is
 * counted: findings in `findingsLeftOut`, rows in the title of their table.
 */
export function finishReport(draft: Draft): SkillReport {
  const findings = (draft.findings ?? []).map(clipFinding);
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const tables = (draft.tables ?? []).map(clipTable);
  const bare = build(draft, [], []);
  const room = LIMITS.skillReportBytes - jsonBytes(bare);
  // Tables may take half of the room, findings what then remains.
  const keptTables = fitTables(tables, Math.floor(room / 2));
  const keptFindings = fit(findings.slice(0, LIMITS.findingsPerSkill), room - jsonBytes(keptTables));
  return build(draft, keptTables, keptFindings);
}

function build(draft: Draft, tables: SkillReport['tables'], findings: Finding[]): SkillReport {
  const leftOut = (draft.findings?.length ?? 0) - findings.length + (draft.findingsLeftOut ?? 0);
  const figures = Object.entries(draft.figures ?? {}).map(([name, value]) => [name, clipCell(value)]);
  return {
    v: 1,
    skill: draft.skill,
    title: titleOf(draft.skill),
    summary: clip(draft.summary),
    ...(draft.skipped === undefined ? {} : { skipped: clip(draft.skipped) }),
    figures: Object.fromEntries(figures) as Record<string, number | string>,
    tables,
    findings,
    findingsLeftOut: leftOut,
  };
}

export function titleOf(name: SkillName): string {
  return SKILL_NAMES.find((skill) => skill.name === name)?.title ?? name;
}

/** The first texts whose JSON fits into `bytes`. */
function fit<T>(items: T[], bytes: number): T[] {
  let used = 0;
  const end = items.findIndex((item) => (used += jsonBytes(item) + 1) > bytes);
  return end < 0 ? items : items.slice(0, end);
}

function fitTables(tables: SkillReport['tables'], bytes: number): SkillReport['tables'] {
  const share = Math.floor(bytes / Math.max(1, tables.length));
  return tables.map((table) => {
    const head = jsonBytes({ ...table, rows: [] }) + COUNT_BYTES;
    const rows = fit(table.rows.slice(0, LIMITS.tableRowsPerSkill), share - head);
    if (rows.length === table.rows.length) return table;
    return { ...table, title: `${table.title} (${rows.length} of ${table.rows.length})`, rows };
  });
}

/** Room for the count that a cut table's title ends with. */
const COUNT_BYTES = 40;

function clipTable(table: SkillReport['tables'][number]): SkillReport['tables'][number] {
  return { ...table, rows: table.rows.map((row) => row.map(clipCell)) };
}

function clipFinding(finding: Finding): Finding {
  const path = finding.path === undefined ? {} : { path: clip(finding.path) };
  return { ...finding, ...path, message: clip(finding.message) };
}

function clipCell(value: number | string): number | string {
  return typeof value === 'string' ? clip(value) : value;
}

/** Cuts at a whole character; the mark shows that something is missing. */
function clip(text: string): string {
  if (text.length <= LIMITS.reportTextChars) return text;
  return `${text.slice(0, LIMITS.reportTextChars - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** `1 file`, `3 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
