import { formatDuration } from '../contract/durations.js';
import type { Json } from '../contract/json.js';
import { LIMITS } from '../contract/limits.js';
import type { ReportInput } from '../contract/report.js';
import type { RequestView } from '../contract/view.js';
import { clip } from './inert.js';
import { mdCode, mdQuote, mdTable, mdText } from './markdown.js';
import { agentSections } from './report-agents.js';
import { figuresOf, findingsBySeverity, findingsSection, skillSection } from './report-skills.js';
import { decisionsSection, errorsSection, outputSections, skippedSection, tasksSection } from './report-tasks.js';
import { diffCommand } from './shell.js';
import { budgetText } from './view.js';

/**
 * The report of a request as Markdown. The same input gives the same text. All text of people, plans and programs is inert; long lists are
 * cut to the LIMITS of reports and the rest counted, `reportJson` holds all.
 */
export function reportMarkdown(input: ReportInput): string {
  const { request } = input;
  const title = clip(input.description.trim().split(/[\r\n]/)[0] ?? '', 100);
  return [
    `# Report: ${mdText(title) || mdText(request.requestId)}`,
    mdQuote(input.description, { chars: LIMITS.reportDescriptionChars, lines: LIMITS.reportDescriptionLines }),
    headline(input),
    tasksSection(request.tasks),
    findingsSection(input.skills),
    ...input.skills.map(skillSection),
    ...agentSections(input),
    ...outputSections(input),
    decisionsSection(request.decisions),
    skippedSection(input),
    errorsSection(input),
    timeSection(request),
    input.notes.length === 0
      ? ''
      : ['## Notes on the plan', '', ...input.notes.map((note) => `- ${mdText(note)}`)].join('\n'),
    filesSection(request),
  ]
    .filter((section) => section !== '')
    .join('\n\n')
    .concat('\n');
}

function headline(input: ReportInput): string {
  const { request, analysis } = input;
  const rows = [
    ['Request', mdCode(request.requestId, { inTable: true })],
    ['Workspace', mdCode(input.workspace, { inTable: true })],
    ['Outcome', `**${request.status}**${request.error ? `: ${mdText(request.error.message)}` : ''}`],
    ['Tasks', taskCounts(request)],
    ...(input.skills.length === 0 ? [] : [['Findings', findingCounts(input)]]),
    ['Time', formatDuration(request.makespanMs)],
  ];
  if (analysis) {
    const { intent, complexity } = analysis;
    rows.push([
      'Understood as',
      `${intent.primary}${intent.secondary ? `, ${intent.secondary}` : ''}; ${complexity.level}`,
    ]);
  }
  const { usd, inputTokens, outputTokens } = request.cost;
  if (usd > 0 || inputTokens + outputTokens > 0) {
    rows.push(['Cost', `${usd.toFixed(2)} USD, ${inputTokens} tokens in, ${outputTokens} out`]);
  }
  const budget = budgetText(request.budget);
  if (budget) rows.push(['Budget', budget]);
  if (request.result) {
    const { branch, commit } = request.result;
    rows.push([
      'Changes',
      `${mdCode(branch, { inTable: true })} at ${mdCode(commit)}: ${mdCode(diffCommand({ branch }))}`,
    ]);
  }
  const glance = input.skills.map(({ report }) => `- **${mdText(report.title)}**: ${figuresOf(report)}`);
  const parts = ['## Outcome', mdTable(['Figure', 'Value'], rows), ...(glance.length > 0 ? [glance.join('\n')] : [])];
  return parts.join('\n\n');
}

function taskCounts({ tasks }: RequestView): string {
  const counts = new Map<string, number>();
  for (const { status } of tasks) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [String(tasks.length), ...[...counts].map(([status, count]) => `${count} ${status}`)].join(', ');
}

function findingCounts({ skills }: ReportInput): string {
  const groups = findingsBySeverity(skills).map(({ severity, findings }) => `${findings.length} ${severity}`);
  const leftOut = skills.reduce((sum, { report }) => sum + report.findingsLeftOut, 0);
  return [...groups, ...(leftOut > 0 ? [`${leftOut} more counted only`] : [])].join(', ') || 'none';
}

/** Sequential time divided by makespan: how many tasks were under way on average. 0 where nothing took time. */
function parallelism({ sequentialMs, makespanMs }: RequestView): number {
  return makespanMs > 0 ? Math.round((100 * sequentialMs) / makespanMs) / 100 : 0;
}

function timeSection(request: RequestView): string {
  const { makespanMs, lowerBoundMs, sequentialMs } = request;
  const rows = [
    ['Makespan, from the plan’s acceptance to the last task’s end', formatDuration(makespanMs)],
    ['Lower bound: no order of these tasks could have been faster', formatDuration(lowerBoundMs)],
    ['All tasks one after the other', formatDuration(sequentialMs)],
    ['Parallelism rate', `${parallelism(request).toFixed(2)} ×`],
  ];
  return ['## How the time was spent', mdTable(['Figure', 'Value'], rows)].join('\n\n');
}

function filesSection({ report, artifacts }: RequestView): string {
  const files = [
    ...(report ? [`- This report as JSON, with all that is counted only here: ${mdCode(report.json)}`] : []),
    ...artifacts
      .slice(0, LIMITS.reportOutputs)
      .map(({ name, bytes, path }) => `- ${mdText(name)} (${bytes} bytes): ${mdCode(path)}`),
  ];
  if (files.length === 0) return '';
  const rest = artifacts.length - LIMITS.reportOutputs;
  return ['## Files', '', ...files, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}

/** The report as a JSON value: the input whole, and what the Markdown derives from it. */
export function reportJson(input: ReportInput): Json {
  const { request, skills } = input;
  const findings = findingsBySeverity(skills).map(({ severity, findings: found }) => [
    severity,
    found.map(({ task, finding }) => ({ task, ...finding })),
  ]);
  const value = {
    v: 1,
    requestId: request.requestId,
    status: request.status,
    description: input.description,
    workspace: input.workspace,
    request,
    analysis: input.analysis,
    findings: Object.fromEntries(findings) as Record<string, unknown>,
    skills,
    outputs: input.outputs,
    agents: input.agents,
    time: {
      makespanMs: request.makespanMs,
      lowerBoundMs: request.lowerBoundMs,
      sequentialMs: request.sequentialMs,
      parallelismRate: parallelism(request),
    },
    notes: input.notes,
  };
  return JSON.parse(JSON.stringify(value)) as Json;
}
