import type { Decision } from '../contract/decision.js';
import { formatDuration } from '../contract/durations.js';
import { LIMITS } from '../contract/limits.js';
import type { ProgressView } from '../contract/view.js';
import type { Engine } from '../engine/model.js';
import { progressLines } from './bars.js';
import { shownTasks, taskRow, TASK_COLUMNS } from './details-tasks.js';
import { clip, utf8Bytes } from './inert.js';
import { mdCode, mdFence, mdTable, mdText } from './markdown.js';
import { progressView, type ProgressOptions } from './progress.js';
import { CONTINUED, decideCommand, signalCommand } from './shell.js';
import { isoTime } from './iso-time.js';
import { budgetText, budgetView } from './view.js';

/** `uiNote` is plain text to end with, e.g. where else to look. */
export type DetailsOptions = ProgressOptions & { uiNote?: string };

/**
 * A request as Markdown for Temporal Web's current details: bars, open decisions with the commands that answer them, messages that were not
 * understood, tasks. At most LIMITS.detailsBytes and LIMITS.detailsRows tasks; the rest is counted. All text from people is inert.
 */
export function detailsMarkdown(engine: Engine, options: DetailsOptions): string {
  const progress = progressView(engine, options);
  const open = engine.state.decisions.filter((decision) => decision.state === 'open');
  const kept = new Sections(LIMITS.detailsBytes);
  kept.add(headOf(engine, progress, options.now));
  if (options.uiNote) kept.add(mdText(options.uiNote, LIMITS.detailsTextChars));
  open.slice(0, LIMITS.detailsDecisions).forEach((decision, i) => {
    const section = decisionSection(engine.state.request, decision);
    if (!kept.add(i === 0 ? `### Open decisions\n\n${section}` : section)) kept.add(`Decision ${decision.id} is open.`);
  });
  const unseen = open.length - LIMITS.detailsDecisions;
  if (unseen > 0) kept.add(`${unseen} more decisions are open: ${mdCode('baton decisions')} lists them.`);
  kept.add(notesSection(engine));
  kept.add(tasksSection(engine, options.now, kept.left));
  return kept.text;
}

/** Joins sections as long as they fit. */
class Sections {
  text = '';
  constructor(private readonly bytes: number) {}

  get left(): number {
    return this.bytes - utf8Bytes(this.text);
  }

  /** False, and nothing added, where it does not fit. */
  add(section: string): boolean {
    const addition = this.text === '' || section === '' ? section : `\n\n${section}`;
    if (utf8Bytes(addition) > this.left) return false;
    this.text += addition;
    return true;
  }
}

function headOf(engine: Engine, progress: ProgressView, now: number): string {
  const shown = { ...progress, activeTasks: progress.activeTasks.slice(0, LIMITS.detailsBars) };
  const { completed, total, failed, skipped, cancelled, active, queued, waiting } = progress;
  const counts = Object.entries({ active, queued, waiting, failed, skipped, cancelled })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `, ${count} ${name}`);
  const left =
    progress.remainingMs === null || engine.state.outcome ? '' : `, about ${formatDuration(progress.remainingMs)} left`;
  const late = progress.delayMs > 0 ? `, ${formatDuration(progress.delayMs)} behind the estimate` : '';
  const { paused, cancel, error, outcome } = engine.state;
  const lines = [
    `## ${outcome ?? progress.status}`,
    '',
    mdText(progress.description, LIMITS.detailsTextChars),
    '',
    mdFence(progressLines(shown, { aligned: true }).join('\n')),
    '',
    `- **State** ${progress.state}${outcome ? `, **outcome** ${outcome}` : ''}`,
    `- **Tasks** ${completed} of ${total} completed${counts.join('')}; ${progress.milestones.done} of ${progress.milestones.total} levels`,
    `- **Time** ${formatDuration(progress.elapsedMs)}${left}${late}; **performance** ${progress.performance}`,
    // A workflow runs only when something happens, so the page may be read long after.
    `- **As of** ${isoTime(now)}, when something happened last`,
  ];
  for (const { runtime, tasks, until } of (progress.usageLimits ?? []).slice(0, LIMITS_SHOWN))
    lines.push(
      `- **Usage limit** of ${mdText(runtime, 60)} reached: ${tasks} ${tasks === 1 ? 'task goes' : 'tasks go'} on at ${until}`,
    );
  const budget = budgetText(engine.state.budget && budgetView(engine, engine.state.budget, now));
  if (budget) lines.push(`- **Budget** ${budget}`);
  if (paused) lines.push(`- **Paused** by ${mdText(paused.by, 100)} at ${isoTime(paused.at)}`);
  if (cancel) lines.push(`- **Cancelled** by ${mdText(cancel.by, 100)} at ${isoTime(cancel.at)}`);
  if (error) lines.push(`- **Error** ${mdCode(error.code)} ${mdText(error.message, LIMITS.detailsTextChars)}`);
  return lines.join('\n');
}

const LIMITS_SHOWN = 5;
/** Commands of at most so many options are written out; the others differ in the choice only. */
const OPTIONS_WITH_COMMANDS = 3;
const CONTEXT_ENTRIES = 6;
/** Enough to tell one plan from another; the query `decisions` gives it in full. */
const DIGEST_CHARS = 20;

function decisionSection(request: string, decision: Decision): string {
  const { id, options, recommended, subject, deadline, onDeadline } = decision;
  const first = recommended === null ? options : [recommended, ...options.filter((option) => option !== recommended)];
  const commands = first.slice(0, OPTIONS_WITH_COMMANDS).flatMap((choice) => {
    const answer = { request, decision: id, choice };
    // In one line it would run out of the panel, which scrolls without showing so.
    return [decideCommand({ ...answer, digest: subject.digest }), signalCommand(answer, CONTINUED)];
  });
  const due =
    deadline === null
      ? 'none, it waits'
      : `${isoTime(deadline)}${onDeadline === null ? '' : `, then ${mdCode(onDeadline)}`}`;
  const lines = [
    `**${id}** (${decision.kind}): ${mdText(decision.question, LIMITS.detailsTextChars)}`,
    '',
    `- **Decided is** ${mdText(subject.summary, LIMITS.detailsTextChars)} (${mdCode(subject.digest, { chars: DIGEST_CHARS })})`,
    `- **Options** ${options.map((option) => mdCode(option, { chars: LIMITS.choiceChars })).join(', ')}${recommended === null ? '' : `; recommended ${mdCode(recommended)}`}`,
    `- **Deadline** ${due}`,
    `- **Risk** ${decision.risk}, **criticality** ${decision.criticality}, **urgency** ${decision.urgency}`,
    ...remindersOf(decision),
    ...Object.entries(decision.context)
      .slice(0, CONTEXT_ENTRIES)
      .map(([name, value]) => `- ${mdText(name, 60)}: ${mdText(value, 200)}`),
  ];
  return [...lines, '', mdFence(commands.join('\n'), 'sh')].join('\n');
}

function remindersOf({ remindedAt, escalatedAt }: Decision): string[] {
  const parts = [
    ...(remindedAt === undefined ? [] : [`**Reminded** ${isoTime(remindedAt)}`]),
    ...(escalatedAt === undefined ? [] : [`**escalated** ${isoTime(escalatedAt)}`]),
  ];
  return parts.length > 0 ? [`- ${parts.join(', ')}`] : [];
}

const NOTES_SHOWN = 8;

function notesSection(engine: Engine): string {
  const notes = engine.state.notes.slice(-NOTES_SHOWN).reverse();
  if (notes.length === 0) return '';
  const rows = notes.map((note) => `- ${isoTime(note.at)} ${mdCode(clip(note.text, 200))}`);
  return ['### Messages that changed nothing', '', ...rows].join('\n');
}

/** As many rows as fit; the shown and the counted are all tasks. */
function tasksSection(engine: Engine, now: number, bytes: number): string {
  const total = engine.graph.nodes.length;
  if (total === 0) return '';
  const rows: string[][] = [];
  // Room for the title, the head of the table and the line that counts the rest.
  let left = bytes - 250;
  for (const task of shownTasks(engine, LIMITS.detailsRows)) {
    const row = taskRow(engine, task, now);
    left -= utf8Bytes(row.join(' | ')) + 5;
    if (left < 0) break;
    rows.push(row);
  }
  const rest = total - rows.length;
  if (rows.length === 0) return `${total} tasks`;
  return `### Tasks\n\n${mdTable(TASK_COLUMNS, rows)}${rest > 0 ? `\n\nand ${rest} more tasks` : ''}`;
}
