import type { Finding, SkillReport } from '../contract/facts.js';
import { LIMITS } from '../contract/limits.js';
import type { ReportInput } from '../contract/report.js';
import { mdCode, mdTable, mdText } from './markdown.js';

type Skills = ReportInput['skills'];

const SEVERITIES = ['critical', 'major', 'minor', 'info'] as const satisfies readonly Finding['severity'][];

/** A finding, with the task and the report that it comes from. */
interface Found {
  task: string;
  report: SkillReport;
  finding: Finding;
}

/** The gravest first, then in the plan's order; severities without a finding are left out. */
export function findingsBySeverity(skills: Skills): { severity: Finding['severity']; findings: Found[] }[] {
  const all = skills.flatMap(({ task, report }) => report.findings.map((finding) => ({ task, report, finding })));
  return SEVERITIES.map((severity) => ({
    severity,
    findings: all.filter(({ finding }) => finding.severity === severity),
  })).filter(({ findings }) => findings.length > 0);
}

const HEADINGS: Record<Finding['severity'], string> = {
  critical: 'Critical',
  major: 'Major',
  minor: 'Minor',
  info: 'For information',
};

/** All findings, grouped; nothing where no skill ran. */
export function findingsSection(skills: Skills): string {
  if (skills.length === 0) return '';
  const parts = ['## Findings'];
  let left: number = LIMITS.reportFindings;
  for (const { severity, findings } of findingsBySeverity(skills)) {
    const shown = findings.slice(0, left);
    left -= shown.length;
    const rest = findings.length - shown.length;
    const lines = shown.map(
      ({ report, finding }) => `- ${placeOf(finding)}${mdText(finding.message)} (${mdText(report.title)})`,
    );
    if (rest > 0) lines.push(`- and ${rest} more`);
    parts.push(`### ${HEADINGS[severity]} (${findings.length})`, lines.join('\n'));
  }
  if (parts.length === 1) parts.push('None.');
  return parts.join('\n\n');
}

function placeOf({ path, line }: Finding): string {
  if (path === undefined) return '';
  return `${mdCode(line === undefined ? path : `${path}:${line}`)}: `;
}

/** The sentence that a skill sums itself up with, or why it measured nothing. */
export function figuresOf(report: SkillReport): string {
  return report.skipped === undefined ? mdText(report.summary) : `skipped: ${mdText(report.skipped)}`;
}

/** What one skill found: summary, figures, tables. Its findings stand with the others. */
export function skillSection({ task, report }: Skills[number]): string {
  const parts = [`## ${mdText(report.title)}`, figuresOf(report)];
  const figures = Object.entries(report.figures).map(([name, value]) => [mdText(name), cell(value)]);
  if (figures.length > 0) parts.push(mdTable(['Figure', 'Value'], figures));
  for (const table of report.tables) {
    if (table.columns.length === 0) continue;
    parts.push(`### ${mdText(table.title)}`, table.rows.length === 0 ? 'None.' : skillTable(table));
  }
  const { findings, findingsLeftOut } = report;
  const count = findings.length + findingsLeftOut;
  const leftOut = findingsLeftOut > 0 ? `, ${findingsLeftOut} of them counted only` : '';
  parts.push(`Findings: ${count}${leftOut}. Task ${mdCode(task)}.`);
  return parts.join('\n\n');
}

function skillTable({ columns, rows }: SkillReport['tables'][number]): string {
  return mdTable(
    columns.map((column) => mdText(column)),
    rows.map((row) => row.map(cell)),
  );
}

function cell(value: string | number): string {
  return typeof value === 'number' ? String(value) : mdText(value);
}
