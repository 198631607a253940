import { BatonError } from '../../contract/errors.js';
import type { Finding, SkillReport } from '../../contract/facts.js';
import { formatDuration } from '../../contract/durations.js';
import { requireFolder } from '../../workspace/folder.js';
import { finishReport, titleOf } from './report.js';
import { redact } from './secret-rules.js';
import type { CommandEnd, Skill, SkillContext } from './skill.js';

/**
 * Runs the one command given in `with`: {purpose, argv, cwd}, `cwd` relative to the workspace. A command that fails or
 * cannot be started is a finding of the report, never an error. Throws `bad_input` for a `with` of another shape.
 */
export const projectCommand: Skill = {
  name: 'project-command',
  title: titleOf('project-command'),
  async run(context): Promise<SkillReport> {
    const { purpose, argv, cwd } = readWith(context.with);
    await requireFolder(context.workspace);
    context.signal.throwIfAborted();
    const command = redact(argv.join(' '));
    context.progress(0, command);
    const end = await context.runCommand({ argv, cwd });
    context.signal.throwIfAborted();
    const outcome = outcomeOf(end);
    return finishReport({
      skill: 'project-command',
      summary: `${purpose}: \`${command}\` ${outcome} after ${formatDuration(end.durationMs)}.`,
      figures: {
        purpose,
        command,
        folder: cwd,
        exitCode: end.exitCode ?? (end.started ? `none, ended by ${end.signal ?? 'a signal'}` : 'not started'),
        durationMs: end.durationMs,
        outputBytes: end.outputBytes,
      },
      findings: findingsOf(purpose, outcome, end),
    });
  },
};

function findingsOf(purpose: string, outcome: string, end: CommandEnd): Finding[] {
  if (end.started && end.exitCode === 0) return [];
  const tail = lastLines(redact(end.outputTail));
  return [{ severity: 'major', message: `${purpose} ${outcome}${tail === '' ? '' : `: ${tail}`}` }];
}

function outcomeOf(end: CommandEnd): string {
  if (!end.started) return 'could not be started';
  return end.exitCode === null ? `was ended by ${end.signal ?? 'a signal'}` : `ended with exit code ${end.exitCode}`;
}

const TAIL_LINES = 8;
const TAIL_CHARS = 480;

/** The last lines that hold anything; the end counts most, so a long tail loses its beginning. */
function lastLines(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines
    .slice(-TAIL_LINES)
    .join('\n')
    .slice(-TAIL_CHARS)
    .replace(/^[\uDC00-\uDFFF]/, '');
}

function readWith(given: SkillContext['with']): { purpose: string; argv: string[]; cwd: string } {
  const { purpose = 'command', argv, cwd = '.' } = given;
  if (typeof purpose !== 'string') throw badInput('with.purpose', 'must be a text');
  if (!Array.isArray(argv) || argv.length === 0)
    throw badInput('with.argv', 'must be a list of texts with at least one');
  const words = argv.map((word, index) => {
    if (typeof word !== 'string' || word.includes('\0'))
      throw badInput(`with.argv[${index}]`, 'must be a text without NUL');
    return word;
  });
  const leadsOut =
    typeof cwd !== 'string' || cwd.startsWith('/') || cwd.split('/').includes('..') || cwd.includes('\0');
  if (leadsOut) throw badInput('with.cwd', 'must be a folder in the workspace, relative to it');
  return { purpose, argv: words, cwd };
}

function badInput(path: string, message: string): BatonError {
  return new BatonError('bad_input', `${path} ${message}`, { path });
}
