import { formatDuration } from '../contract/durations.js';
import { LIMITS } from '../contract/limits.js';
import type { CommandOutput, ReportInput } from '../contract/report.js';
import type { DecisionView, TaskView } from '../contract/view.js';
import { mdCode, mdFence, mdTable, mdText } from './markdown.js';

const COLUMNS = ['Task', 'Title', 'Status', 'Duration', 'Attempts'];

/** The table of tasks in the plan's order. */
export function tasksSection(tasks: readonly TaskView[]): string {
  if (tasks.length === 0) return '## Tasks\n\nNone.';
  const rows = tasks
    .slice(0, LIMITS.reportTasks)
    .map((task) => [
      mdCode(task.id, { inTable: true }),
      mdText(task.title),
      task.status,
      durationOf(task),
      String(task.attempts),
    ]);
  const rest = tasks.length - rows.length;
  return ['## Tasks', mdTable(COLUMNS, rows), ...(rest > 0 ? [`and ${rest} more tasks`] : [])].join('\n\n');
}

const durationOf = ({ durationMs }: TaskView): string => (durationMs === null ? '–' : formatDuration(durationMs));

/** A section for each command: what it ended with and the end of its output. Beyond the limit, failed ones are kept first. */
export function outputSections({ request, outputs }: ReportInput): string[] {
  const tasks = new Map(request.tasks.map((task) => [task.id, task]));
  const failed = outputs.filter(({ task }) => tasks.get(task)?.status === 'failed');
  const others = outputs.filter(({ task }) => tasks.get(task)?.status !== 'failed');
  const kept = new Set([...failed, ...others].slice(0, LIMITS.reportOutputs));
  const rest = outputs.length - kept.size;
  return [
    ...outputs.filter((output) => kept.has(output)).map((output) => outputSection(output, tasks.get(output.task))),
    ...(rest > 0 ? [`The outputs of ${rest} more tasks are not shown.`] : []),
  ];
}

function outputSection(output: CommandOutput, task: TaskView | undefined): string {
  const exit = output.exitCode === null ? 'no exit code' : `exit code ${output.exitCode}`;
  const facts = [
    task?.status ?? 'unknown',
    exit,
    ...(task?.durationMs == null ? [] : [formatDuration(task.durationMs)]),
  ];
  const title = task && task.title !== task.id ? `: ${mdText(task.title)}` : '';
  const cut = output.truncated ? ', cut off there' : '';
  return [
    `## ${mdCode(output.task)}${title}`,
    `${facts.join(', ')}. Output: ${output.bytes} bytes${cut}${output.path === '' ? '' : `, ${mdCode(output.path)}`}`,
    ...(output.preview.trim() === '' ? [] : [mdFence(output.preview.trimEnd(), 'text')]),
  ].join('\n\n');
}

export function decisionsSection(decisions: readonly DecisionView[]): string {
  if (decisions.length === 0) return '';
  const rows = decisions.map(({ id, question, state, answer }) => [
    mdCode(id, { inTable: true }),
    mdText(question, LIMITS.reportTextChars),
    answer ? `**${mdText(answer.choice)}**` : state,
    answer ? mdText(answer.by) : '',
    answer ? mdText(answer.via) : '',
    answer?.at ?? '',
    answer ? mdText(answer.comment, LIMITS.reportTextChars) : '',
  ]);
  return ['## Decisions', mdTable(['Decision', 'Question', 'Choice', 'By', 'Via', 'When', 'Comment'], rows)].join(
    '\n\n',
  );
}

/** Tasks that did not run, and skills that could measure nothing, each with the reason. */
export function skippedSection({ request, skills }: ReportInput): string {
  const skipped = request.tasks.filter(({ status }) => status === 'skipped' || status === 'cancelled');
  const tasks = skipped.map(
    ({ id, title, status, note }) => `- ${mdCode(id)} ${mdText(title)}: ${mdText(note ?? status)}`,
  );
  const blind = skills.flatMap(({ task, report }) =>
    report.skipped === undefined ? [] : [`- ${mdCode(task)} ${mdText(report.title)}: ${mdText(report.skipped)}`],
  );
  const lines = [...tasks.slice(0, LIMITS.reportTasks), ...blind];
  const rest = tasks.length - LIMITS.reportTasks;
  if (rest > 0) lines.push(`- and ${rest} more tasks`);
  return lines.length === 0 ? '' : ['## What was skipped', '', ...lines].join('\n');
}

/** What went wrong, with the last lines that the task wrote. */
export function errorsSection({ request, outputs }: ReportInput): string {
  const ends = new Map(outputs.map((output) => [output.task, output]));
  const failed = request.tasks.filter(({ error, status }) => error !== undefined && status !== 'completed');
  if (failed.length === 0 && !request.error) return '';
  const parts = ['## Errors'];
  if (request.error) parts.push(`${mdCode(request.error.code)} ${mdText(request.error.message)}`);
  for (const { id, title, error } of failed.slice(0, LIMITS.reportOutputs)) {
    if (!error) continue;
    const exit = error.exitCode == null ? '' : ` (exit code ${error.exitCode})`;
    parts.push(`### ${mdCode(id)} ${mdText(title)}`, `${mdCode(error.code)}${exit} ${mdText(error.message)}`.trimEnd());
    const tail = tailOf(ends.get(id)?.preview ?? '');
    if (tail !== '') parts.push(mdFence(tail, 'text'));
  }
  const rest = failed.length - LIMITS.reportOutputs;
  if (rest > 0) parts.push(`and ${rest} more tasks`);
  return parts.join('\n\n');
}

function tailOf(preview: string): string {
  return preview.trimEnd().split('\n').slice(-LIMITS.reportTailLines).join('\n');
}
