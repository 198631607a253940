import { formatDuration } from '../../contract/durations.js';
import { LIMITS } from '../../contract/limits.js';
import { splitGlobalId } from '../../contract/names.js';
import type { DecisionView, RequestView, TaskView } from '../../contract/view.js';
import { inert } from '../../progress/inert.js';
import { processesText } from '../../progress/processes.js';
import { decideCommand, diffCommand } from '../../progress/shell.js';
import { budgetText } from '../../progress/view.js';
import { limitText } from './block.js';
import { pad, truncate, widthOf } from './width.js';

export interface Column {
  title: string;
  side?: 'left' | 'right';
}

/** Aligned columns, two spaces apart, no line longer than its text. Cells are made inert and cut to LIMITS.terminalCellChars columns. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map((_, i) => truncate(inert(row[i] ?? ''), LIMITS.terminalCellChars)),
  );
  const widths = columns.map((_, i) => cells.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), 0));
  return cells
    .map((row) =>
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.side))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** How long ago or from now a time is, `3m 05s ago`, `in 2h 10m`; `–` for none. `now` in ms. */
export function relativeTime(iso: string | null, now: number): string {
  const at = iso === null ? NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '–';
  const difference = now - at;
  if (Math.abs(difference) < 1000) return 'now';
  return difference > 0 ? `${formatDuration(difference)} ago` : `in ${formatDuration(-difference)}`;
}

const TASK_COLUMNS: readonly Column[] = [
  { title: 'TASK' },
  { title: 'STATUS' },
  { title: 'DURATION', side: 'right' },
  { title: 'TRIES', side: 'right' },
  { title: 'AGENT' },
  { title: 'TITLE' },
  { title: 'NOTE' },
];

/** A request with its tasks, open decisions and where its report is, for people. `now` in ms. */
export function statusText(view: RequestView, options: { now: number }): string {
  const ended = new Set(['completed', 'skipped', 'failed', 'cancelled', 'compensated']);
  const done = view.tasks.filter(({ status }) => ended.has(status)).length;
  const time = `${formatDuration(view.makespanMs)}, lower bound ${formatDuration(view.lowerBoundMs)}, one by one ${formatDuration(view.sequentialMs)}`;
  const lines = [
    `${inert(view.requestId)}  ${view.status}  (${view.state})`,
    ...(view.error ? [`${view.error.code}: ${inert(view.error.message)}`] : []),
    ...(view.tasks.length === 0
      ? []
      : [
          '',
          table(
            TASK_COLUMNS,
            view.tasks.map((task) => taskCells(task, options.now)),
          ),
          '',
        ]),
    `${done} of ${view.tasks.length} tasks ended; ${time}`,
    ...(view.budget ? [`budget: ${budgetText(view.budget)}`] : []),
    ...(view.usageLimits ?? []).map(limitText),
    ...(view.result
      ? [
          `changes: ${inert(view.result.branch)} at ${inert(view.result.commit)}`,
          `look at them with: ${diffCommand(view.result)}`,
        ]
      : []),
    ...(view.report ? [`report: ${inert(view.report.markdown)}`] : []),
  ];
  const open = view.decisions.filter(({ state }) => state === 'open');
  // What nobody decided is news to who comes back.
  const expired = view.decisions.filter(({ state }) => state === 'expired').slice(-LIMITS.detailsDecisions);
  return [...lines, ...[...expired, ...open].map((decision) => `\n${decisionText(decision, options)}`)].join('\n');
}

function taskCells(task: TaskView, now: number): string[] {
  const isRunning = task.status === 'running' && task.startedAt !== null;
  const ms = isRunning ? Math.max(0, now - Date.parse(task.startedAt ?? '')) : task.durationMs;
  const error = task.error
    ? `${task.error.code}${task.error.exitCode == null ? '' : ` (exit ${task.error.exitCode})`}`
    : '';
  const duration = ms === null || Number.isNaN(ms) ? '–' : formatDuration(ms);
  const used = task.processes ? processesText(task.processes) : '';
  const note = [error, task.note ?? '', used].filter((part) => part !== '').join('; ');
  return [task.id, task.status, duration, String(task.attempts), task.agent, task.title, note];
}

/** One request in a list. Times are ISO 8601. */
export interface ListRow {
  requestId: string;
  status: string;
  startedAt: string | null;
  finishedAt: string | null;
  description: string;
}

export function listText(rows: readonly ListRow[], options: { now: number }): string {
  if (rows.length === 0) return 'No requests yet.';
  const columns: readonly Column[] = [
    { title: 'REQUEST' },
    { title: 'STATUS' },
    { title: 'STARTED', side: 'right' },
    { title: 'TOOK', side: 'right' },
    { title: 'DESCRIPTION' },
  ];
  return table(
    columns,
    rows.map((row) => [
      row.requestId,
      row.status,
      relativeTime(row.startedAt, options.now),
      tookOf(row),
      row.description,
    ]),
  );
}

function tookOf({ startedAt, finishedAt }: ListRow): string {
  const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
  return Number.isNaN(ms) ? '–' : formatDuration(Math.max(0, ms));
}

/** What is asked, what exactly is decided, and the commands that answer; for one that is closed, how it ended. `now` in ms. */
export function decisionText(decision: DecisionView, options: { now: number }): string {
  const { id, kind, state, question, subject, answer, deadline, onDeadline, recommended } = decision;
  const lines = [`${inert(id)}  ${kind}  ${state}`, `  ${inert(question)}`];
  if (subject.summary !== '') lines.push(`  decided is: ${inert(subject.summary)} (${inert(subject.digest)})`);
  for (const [name, value] of Object.entries(decision.context)) lines.push(`  ${inert(name)}: ${inert(value)}`);
  if (answer) {
    const comment = answer.comment === '' ? '' : `: ${inert(answer.comment)}`;
    lines.push(
      `  ${inert(answer.choice)}, by ${inert(answer.by)} via ${answer.via}, ${relativeTime(answer.at, options.now)}${comment}`,
    );
  }
  if (state !== 'open') return lines.join('\n');
  for (const [what, at] of Object.entries({ reminded: decision.remindedAt, escalated: decision.escalatedAt }))
    if (at) lines.push(`  ${what}: ${relativeTime(at, options.now)} (${inert(at)})`);
  if (deadline !== null) {
    const then = onDeadline === null ? '' : `, then ${inert(onDeadline)}`;
    lines.push(`  deadline: ${relativeTime(deadline, options.now)} (${inert(deadline)})${then}`);
  }
  const { request, local } = splitGlobalId(id);
  for (const choice of decision.options) {
    const mark = choice === recommended ? '  (recommended)' : '';
    lines.push(`  ${decideCommand({ request, decision: local ?? '', choice, digest: subject.digest })}${mark}`);
  }
  return lines.join('\n');
}
