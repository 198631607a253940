import type { SkillReport } from '../../../src/contract/facts.js';
import type { Json } from '../../../src/contract/json.js';
import type { SkillName } from '../../../src/contract/skills.js';
import { BUILTIN_SKILLS, type CommandEnd, type SkillContext } from '../../../src/agents/skills/index.js';

const ENDED: CommandEnd = {
  exitCode: 0,
  signal: null,
  started: true,
  outputTail: '',
  outputBytes: 0,
  durationMs: 5,
};

export interface RunOptions {
  given?: Record<string, Json>;
  signal?: AbortSignal;
  end?: Partial<CommandEnd>;
  progress?: SkillContext['progress'];
}

export function runSkill(name: SkillName, workspace: string, options: RunOptions = {}): Promise<SkillReport> {
  return BUILTIN_SKILLS[name].run({
    workspace,
    with: options.given ?? {},
    signal: options.signal ?? new AbortController().signal,
    progress: options.progress ?? (() => undefined),
    runCommand: () => Promise.resolve({ ...ENDED, ...options.end }),
  });
}

/** The rows of the table whose title begins so. */
export function rowsOf(report: SkillReport, title: string): (string | number)[][] {
  return report.tables.find((table) => table.title.startsWith(title))?.rows ?? [];
}
