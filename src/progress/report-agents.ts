import { LIMITS } from '../contract/limits.js';
import type { AgentWork, ReportInput } from '../contract/report.js';
import type { ProcessUsage } from '../contract/task.js';
import { mdCode, mdQuote, mdText } from './markdown.js';
import { processesText } from './processes.js';

/** A section for each agent: what it changed, what it was not allowed, what it said. */
export function agentSections({ request, agents }: ReportInput): string[] {
  const titles = new Map(request.tasks.map(({ id, title }) => [id, title]));
  const rest = agents.length - LIMITS.reportOutputs;
  return [
    ...agents.slice(0, LIMITS.reportOutputs).map((work) => agentSection(work, titles.get(work.task) ?? '')),
    ...(rest > 0 ? [`The work of ${rest} more agents is not shown.`] : []),
  ];
}

function agentSection(work: AgentWork, title: string): string {
  const { task, agent, turns, text, denials } = work;
  const heading = title === '' || title === task ? '' : `: ${mdText(title)}`;
  const facts = [
    `Agent ${mdCode(agent)}`,
    ...(turns > 0 ? [`${turns} turn${turns === 1 ? '' : 's'}`] : []),
    ...nearMissesOf(work),
  ];
  const used = work.processes === undefined ? [] : [`Its processes: ${usedOf(work.processes)}.`];
  const refused = denials.map(({ tool, input }) =>
    `- ${mdCode(tool)} ${mdText(input, LIMITS.reportTextChars)}`.trimEnd(),
  );
  return [
    `## ${mdCode(task)}${heading}`,
    `${facts.join(', ')}. ${changesOf(work)}`,
    ...(work.changes ? [filesOf(work.changes)] : []),
    ...used,
    ...(refused.length > 0 ? ['It was not allowed:', refused.join('\n')] : []),
    ...(work.refused?.length ? ['It changed what it may not; that was undone:', refusedOf(work)] : []),
    ...(text.trim() === ''
      ? []
      : [mdQuote(text, { chars: LIMITS.agentPreviewChars, lines: LIMITS.reportDescriptionLines })]),
  ].join('\n\n');
}

const usedOf = (processes: ProcessUsage | null): string => (processes ? processesText(processes) : 'not measured');

/** Many of them are told as an alert: something talks to this agent too often. */
function nearMissesOf({ nearMisses = 0 }: AgentWork): string[] {
  if (nearMisses === 0) return [];
  const told = `${nearMisses} near miss${nearMisses === 1 ? '' : 'es'}`;
  return [nearMisses >= LIMITS.sessionNearMissAlert ? `**alert:** ${told}` : told];
}

function refusedOf({ refused = [], refusedLeftOut = 0 }: AgentWork): string {
  const lines = refused.map(({ path, why }) => `- ${mdCode(path)}: ${mdText(why)}`);
  return [...lines, ...(refusedLeftOut > 0 ? [`- and ${refusedLeftOut} more`] : [])].join('\n');
}

function changesOf({ changes, mergedBy }: AgentWork): string {
  if (mergedBy !== undefined) return `What it changed is part of the commit of ${mdCode(mergedBy)}.`;
  if (!changes) return 'Nothing of it is on the branch.';
  return `Commit ${mdCode(changes.commit)} on ${mdCode(changes.branch)}.`;
}

function filesOf({ files, filesLeftOut }: NonNullable<AgentWork['changes']>): string {
  const lines = files.map(({ status, path }) => `- ${mdText(status)} ${mdCode(path)}`);
  return [...lines, ...(filesLeftOut > 0 ? [`- and ${filesLeftOut} more`] : [])].join('\n');
}
